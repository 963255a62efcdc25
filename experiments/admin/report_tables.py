"""The tables of a report, for who wants to check it. All is read from what was stored."""

from typing import Any

from django.template.defaultfilters import capfirst
from django.utils.html import format_html
from django.utils.safestring import SafeString

from classifier.admin.cells import NOTHING, badge, percent
from classifier.admin.version_tables import Table
from experiments.admin.cells import (
    effect_shown,
    p_shown,
    relative_shown,
    value_shown,
)
from experiments.models import Guardrail, Metric
from experiments.stats.types import GuardrailKind, HealthKind, MetricUnit
from experiments.stats.wording import percent_text, size_text

HEALTH_NAMES: dict[str, str] = {
    HealthKind.CLOCK.value: "The clock",
    HealthKind.SAMPLE_RATIO.value: "Sizes of the arms",
    HealthKind.MULTIPLE_EXPOSURE.value: "Units in several arms",
    HealthKind.FEEDBACK_RATE.value: "Feedback in the arms",
}
GUARDRAIL_VARIANTS: dict[str, tuple[str, str]] = {
    GuardrailKind.OK.value: ("success", "Kept"),
    GuardrailKind.BREACHED.value: ("danger", "Breached"),
    GuardrailKind.CANNOT_SAY.value: ("warning", "Cannot say"),
}


def metric_table(metric: dict[str, Any]) -> dict[str, Any]:
    """Of one metric: a row a variant, with the effect or the reason why there is none."""
    unit = metric["unit"]
    level = next((100 * each["level"] for each in metric["estimates"]), 95)
    return {
        "title": metric["name"],
        "note": _note(metric),
        "table": {
            "headers": [
                "Variant",
                "Control",
                "Value",
                f"Effect ({level:g}% interval)",
                "Relative effect",
                "P-value",
                "After Holm",
                "Chance to win",
                "Units",
            ],
            "rows": [_estimate_row(each, unit) for each in metric["estimates"]],
        },
    }


def health_table(report: dict[str, Any]) -> Table:
    return {
        "headers": ["Check", "Outcome", "What was seen", "P-value"],
        "rows": [
            [
                HEALTH_NAMES[check["kind"]],
                _health_badge(check),
                check["sentence"],
                p_shown(check["p_value"]),
            ]
            for check in report["health"]
        ],
    }


def guardrail_table(report: dict[str, Any], units: dict[str, MetricUnit]) -> Table:
    """`units` are those of the metrics that are guarded, by key."""
    return {
        "headers": ["Metric", "Variant", "Borne", "State", "What was seen", "A breach will"],
        "rows": [
            [
                each["name"],
                each["variant"],
                _borne(each, units),
                badge(GUARDRAIL_VARIANTS[each["kind"]][1], GUARDRAIL_VARIANTS[each["kind"]][0]),
                each["sentence"],
                str(Guardrail.Action(each["action"]).label).lower(),
            ]
            for each in report["guardrails"]
        ],
    }


def _borne(guardrail: dict[str, Any], units: dict[str, MetricUnit]) -> str:
    """As the sentence beside it says it: 20% of the control's value, 5 points, 3 ms."""
    margin = guardrail["margin"]
    if guardrail["is_relative"]:
        return percent_text(margin)
    return size_text(margin, units[guardrail["metric"]])


def arms_table(report: dict[str, Any]) -> Table:
    """With the share of units that was expected beside the one that came."""
    arms = report["arms"]
    total, weights = sum(arm["units"] for arm in arms), sum(arm["weight"] for arm in arms)
    return {
        "headers": [
            "Variant",
            "Version",
            "Units",
            "Expected share",
            "Seen share",
            "Exposures",
            "Engine failures",
        ],
        "rows": [
            [
                f"{arm['key']} (control)" if arm["is_control"] else arm["key"],
                arm["version"],
                f"{arm['units']:,}",
                percent(arm["weight"] / weights, 2) if weights else NOTHING,
                percent(arm["units"] / total, 2) if total else NOTHING,
                f"{arm['exposures']:,}",
                f"{arm['failed']:,}",
            ]
            for arm in arms
        ],
    }


def _note(metric: dict[str, Any]) -> str:
    methods = [each["method"] for each in metric["estimates"]]
    said = [Metric.Better(metric["better"]).label, *map(capfirst, dict.fromkeys(methods))]
    if any("CUPED" in method for method in methods):
        said.append(
            "The effect is adjusted for what the same units did before the start (CUPED), and so "
            "is not the plain difference of the two values"
        )
    return " ".join(f"{sentence}." for sentence in said)


def _estimate_row(estimate: dict[str, Any], unit: str) -> list[Any]:
    chance = estimate["chance_to_win"]
    units = f"{estimate['control_units']:,} and {estimate['variant_units']:,}"
    values = [value_shown(estimate[f"{arm}_value"], unit) for arm in ("control", "variant")]
    if estimate["reason"]:
        return [estimate["variant"], *values, _unsaid(estimate), *[NOTHING] * 4, units]
    relative = relative_shown(estimate)
    if estimate["relative_reason"]:
        relative = estimate["relative_sentence"]
    return [
        estimate["variant"],
        *values,
        effect_shown(estimate, unit),
        relative,
        p_shown(estimate["p_value"]),
        p_shown(estimate["adjusted_p_value"]),
        percent(chance),
        units,
    ]


def _unsaid(estimate: dict[str, Any]) -> SafeString:
    return format_html("{} {}", badge("Cannot say", "warning"), estimate["sentence"])


def _health_badge(check: dict[str, Any]) -> SafeString:
    if check["is_failed"]:
        return badge("Failed", "danger")
    return badge("Cannot say", "warning") if check["reason"] else badge("Passed", "success")
