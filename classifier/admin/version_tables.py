"""The tables on a version's pages."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from classifier.admin.cells import (
    NOTHING,
    badge,
    change_link,
    interval,
    level_badge,
    percent,
)
from classifier.models import ModelVersion, Prototype, VersionComparison, VersionJudgement
from classifier.models.choices import LevelChoices
from classifier.services.comparisons import newest_comparison
from classifier.services.learning import describe_difference, newest_judgement
from classifier.services.readiness import Outcome, Readiness, check_readiness

Table = dict[str, Any]

OUTCOME_VARIANTS = {
    Outcome.MET: "success",
    Outcome.MISSED: "danger",
    Outcome.UNKNOWN: "warning",
}
NO_CATEGORY = "no category"


def tables_of(version: ModelVersion, request: HttpRequest) -> dict[str, Any]:
    """All of a version's own page, by the name that its template gives them."""
    comparison, judgement = newest_comparison(version), newest_judgement(version)
    return {
        "readiness": readiness_table(check_readiness(version)),
        "judgement": judgement and judgement_shown(judgement),
        "comparison": comparison and comparison_shown(comparison, request),
        "levels": {
            "headers": ["Level", "Given where", "Right, of those answered", "Share of all"],
            "rows": [_level_row(level) for level in version.figures.get("levels", [])],
        },
        "back_off": _back_off(version.figures.get("back_off")),
        "activations": _activations(version),
        "categories": _categories(version),
    }


def readiness_badge(readiness: Readiness) -> SafeString:
    """The worst of the results, in words."""
    missed, unknown = len(readiness.missed), len(readiness.unknown)
    if missed:
        return badge(f"Misses {missed}", OUTCOME_VARIANTS[Outcome.MISSED])
    if unknown:
        return badge(f"Cannot say {unknown}", OUTCOME_VARIANTS[Outcome.UNKNOWN])
    return badge("Meets all" if readiness.results else "No targets", OUTCOME_VARIANTS[Outcome.MET])


def readiness_table(readiness: Readiness) -> Table:
    return {
        "headers": ["Target", "Wanted", "Found", "Outcome", "Note"],
        "rows": [
            [
                result.name,
                result.wanted,
                result.found or NOTHING,
                badge(result.outcome.label, OUTCOME_VARIANTS[result.outcome]),
                result.note,
            ]
            for result in readiness.results
        ],
    }


def judgement_shown(judgement: VersionJudgement) -> dict[str, Any]:
    """The figures in a sentence, and what followed."""
    return {
        "text": (
            f"{describe_difference(judgement)}. Right: {judgement.right:,} and "
            f"{judgement.against_right:,}; {judgement.only_right:,} this one alone, "
            f"{judgement.only_against_right:,} {judgement.against} alone."
        ),
        "outcome": "It went live by itself."
        if judgement.is_activated
        else f"It waits. {judgement.waits_for}",
        "against": judgement.against,
        "at": date_format(localtime(judgement.created_at), "DATETIME_FORMAT"),
    }


def comparison_shown(comparison: VersionComparison, request: HttpRequest) -> dict[str, Any]:
    """The figures in a sentence, and samples for who may see such texts elsewhere."""
    is_real = comparison.source == VersionComparison.Source.PREDICTIONS
    seen_with = "classifier.view_prediction" if is_real else "classifier.view_example"
    between = interval(comparison.changed_low, comparison.changed_high)
    sides = (comparison.against, comparison.version)
    text = format_html(
        "{} of {} {} get another answer than from {}: {} (95% interval {}).",
        f"{comparison.changed:,}",
        f"{comparison.texts:,}",
        comparison.get_source_display(),
        change_link(comparison.against),
        percent(comparison.share_changed),
        between,
    )
    return {
        "text": text,
        "is_current": comparison.against.status == ModelVersion.Status.ACTIVE,
        "against": comparison.against,
        "at": date_format(localtime(comparison.created_at), "DATETIME_FORMAT"),
        "samples": {
            "headers": ["Text", *(f"Answer of {version}" for version in sides)],
            "rows": [
                [sample["text"], sample["before"] or NO_CATEGORY, sample["after"] or NO_CATEGORY]
                for sample in comparison.samples
            ],
        }
        if comparison.samples and request.user.has_perm(seen_with)
        else None,
    }


def _activations(version: ModelVersion) -> Table:
    return {
        "headers": ["When", "What", "Before it", "By", "Reason"],
        "rows": [
            [
                change_link(row, date_format(localtime(row.created_at), "DATETIME_FORMAT")),
                row.get_kind_display(),
                change_link(row.from_version),
                row.by or "a command",
                row.reason or NOTHING,
            ]
            for row in version.activations.select_related("from_version", "by")
        ],
    }


def _categories(version: ModelVersion) -> Table:
    """From the worst."""
    prototypes = (
        Prototype.objects.filter(version=version)
        .select_related("category__parent")
        .defer("vector")
        .order_by(F("recall").asc(nulls_first=True), F("precision").asc(nulls_first=True))
    )
    return {
        "headers": [
            "Category",
            "Examples",
            "Found again (recall)",
            "Right when named (precision)",
        ],
        "rows": [
            [
                change_link(row.category),
                row.example_count,
                percent(row.recall, 0),
                percent(row.precision, 0),
            ]
            for row in prototypes
        ],
    }


def _back_off(figures: dict[str, Any] | None) -> str:
    """Nothing of a version that was built before there was one."""
    if figures is None:
        return ""
    unsure = f"Of the {figures['unsure']:,} texts whose detailed category is unsure"
    if not figures["given"]:
        return f"{unsure}, none gets a primary category by itself: none is sure enough."
    between = interval(figures["precision_low"], figures["precision_high"])
    return (
        f"{unsure}, {figures['given']:,} get a primary category by itself, right in "
        f"{percent(figures['precision'])} ({between})."
    )


def _level_row(level: dict[str, Any]) -> list[Any]:
    choice = LevelChoices(level["level"])
    bound, size = level["bound"], level["size"]
    if choice is LevelChoices.ABSTAIN:
        rule = "confidence or similarity is under its bound"
    elif bound is None:
        rule = "never: no bound keeps the promise on these examples"
    else:
        rule = f"confidence ≥ {bound:.2f}"
    between = interval(level["precision_low"], level["precision_high"])
    right = f"{percent(level['precision'])} ({between}) of {size}" if size else "none is in it"
    if choice is LevelChoices.ABSTAIN and size:
        right = f"the best guess would be right in {right}"
    return [level_badge(choice.value, str(choice.label)), rule, right, percent(level["coverage"])]
