"""How a category does: as its version was built, as it answers, and with what it is confused."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count, Q, QuerySet

from classifier import runtime
from classifier.engine.held_out import HeldOut
from classifier.engine.prototypes import ExampleSet
from classifier.engine.shares import Share
from classifier.exceptions import NoEngineError
from classifier.models import Category, Feedback, ModelVersion, Prediction, Prototype
from classifier.models.choices import AnnotatorChoices

# No more than so many predictions and sayings of a period are counted, the newest.
MAX_PREDICTIONS = 100_000
MAX_SAYINGS = 5_000
CONFUSIONS = 10
TEXTS = 3
CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class BuiltFigures:
    """Of a detailed category, judged out of sample on the examples of a version.

    `precision`: of the examples it is the best guess for, those of it. `recall`: of its examples,
    those it is the best guess for. The bare value where this process cannot count them, None where
    nothing can be said.
    """

    category: Category
    active_examples: int
    examples: int
    precision: Share | float | None
    recall: Share | float | None


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """Of a period. `levels` counts the version's answers; `others` are those of rules and people.

    `judged` are the sayings about answers of this category, `corrected` those of them that say it
    is another. `since` is the time of the oldest prediction that was counted where there were too
    many to count them all, else None.
    """

    levels: dict[str, int]
    others: int
    judged: int
    corrected: int
    since: datetime | None

    @property
    def predictions(self) -> int:
        return sum(self.levels.values()) + self.others


@dataclass(frozen=True, slots=True)
class Confusion:
    """With another category (None: no answer): how often people said so, and how many of the
    version's examples do; some texts of each."""

    category: Category | None
    said: int
    said_texts: list[str]
    built: int
    built_texts: list[str]


@dataclass(frozen=True, slots=True)
class CategoryHealth:
    """`taken` are categories whose transactions are answered with this one, `missed` those that
    its transactions are answered with. `version` is the active one, None where none is;
    `missing` says why nothing is known of its examples one by one, if nothing is."""

    version: ModelVersion | None
    missing: str
    built: list[BuiltFigures]
    live: LiveFigures
    taken: list[Confusion]
    missed: list[Confusion]


@dataclass(frozen=True, slots=True)
class _Slip:
    """One text that was answered with a category and is of another, by their slugs."""

    predicted: str | None
    right: str
    text: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """A version's examples, and what it says of each without having seen it."""

    examples: ExampleSet
    held_out: HeldOut


def category_health(
    category: Category, start: datetime, end: datetime | None = None
) -> CategoryHealth:
    """Of a detailed category, or of all that are under a primary one. What is live is of `start` to
    before `end`."""
    own = _detailed(category)
    version = ModelVersion.objects.active().first()
    judged, missing = _judged(version)
    said = _said(own, start, end)
    built = [] if judged is None else _built_slips(judged, {each.slug for each in own})
    known = Category.objects.select_related("parent").in_bulk(
        {slug for slip in (*said, *built) for slug in (slip.predicted, slip.right) if slug},
        field_name="slug",
    )
    slugs = {each.slug for each in own}
    return CategoryHealth(
        version=version,
        missing=missing,
        built=_built_figures(own, version, judged),
        live=_live(own, start, end),
        taken=_confusions(
            known,
            [(slip.right, slip.text) for slip in said if slip.predicted in slugs],
            [(slip.right, slip.text) for slip in built if slip.predicted in slugs],
        ),
        missed=_confusions(
            known,
            [(slip.predicted, slip.text) for slip in said if slip.right in slugs],
            [(slip.predicted, slip.text) for slip in built if slip.right in slugs],
        ),
    )


def _detailed(category: Category) -> list[Category]:
    rows = Category.objects.filter(Q(pk=category.pk) | Q(parent=category)).detailed()
    counted = rows.annotate(active_examples=Count("examples", filter=Q(examples__is_active=True)))
    return list(counted.in_tree_order())


def _judged(version: ModelVersion | None) -> tuple[_Judged | None, str]:
    """The active version's, where this process serves it and it judged its own examples."""
    if version is None:
        return None, "No version is active."
    try:
        loaded = runtime.get().serving()
    except NoEngineError as error:
        return None, str(error)
    if loaded.id != version.pk:
        return None, f"Version {version} is not loaded here."
    bundle = loaded.engine.bundle
    if bundle.held_out is None:
        return None, f"Version {version} was built before examples were judged one by one."
    return _Judged(bundle.examples, bundle.held_out), ""


def _built_slips(judged: _Judged, slugs: Collection[str]) -> list[_Slip]:
    """Those of `slugs` or answered with one, the surest first."""
    predicted, labels = judged.held_out.predicted, judged.examples.labels
    names = [category.slug for category in judged.examples.categories]
    own = np.array([name in slugs for name in names])
    wrong = np.flatnonzero((predicted != labels) & (own[predicted] | own[labels]))
    surest = wrong[np.argsort(-judged.held_out.confidences[wrong], kind="stable")]
    return [
        _Slip(names[predicted[row]], names[labels[row]], judged.examples.texts[row])
        for row in surest
    ]


def _said(own: Sequence[Category], start: datetime, end: datetime | None) -> list[_Slip]:
    """What people said of answers, newest first."""
    rows = (
        _sayings(start, end)
        .filter(is_correct=False, category__isnull=False)
        .filter(Q(prediction__category__in=own) | Q(category__in=own))
        .order_by("-id")
        .values_list("prediction__category__slug", "category__slug", "canonical_text")
    )
    return [_Slip(*row) for row in rows[:MAX_SAYINGS]]


def _sayings(start: datetime, end: datetime | None) -> "QuerySet[Feedback]":
    rows = Feedback.objects.counting().order_by().filter(created_at__gte=start)
    return rows if end is None else rows.filter(created_at__lt=end)


def _confusions(
    known: dict[str, Category],
    said: Sequence[tuple[str | None, str]],
    built: Sequence[tuple[str | None, str]],
) -> list[Confusion]:
    """By the other category, those of most slips first."""
    counts = Counter(slug for slug, _ in (*said, *built))
    return [
        Confusion(
            known.get(slug) if slug else None,
            said=sum(other == slug for other, _ in said),
            said_texts=_some(said, slug),
            built=sum(other == slug for other, _ in built),
            built_texts=_some(built, slug),
        )
        for slug, _ in counts.most_common(CONFUSIONS)
    ]


def _some(slips: Sequence[tuple[str | None, str]], slug: str | None) -> list[str]:
    return list(dict.fromkeys(text for other, text in slips if other == slug))[:TEXTS]


def _built_figures(
    own: Sequence[Any], version: ModelVersion | None, judged: _Judged | None
) -> list[BuiltFigures]:
    rows = Prototype.objects.filter(version=version, category__in=own) if version else ()
    by_category = {row.category_id: row for row in rows}
    shares = _shares(judged) if judged is not None else {}
    figures = []
    for category in own:
        row = by_category.get(category.pk)
        precision: Share | float | None
        recall: Share | float | None
        precision, recall = shares.get(category.slug, (None, None))
        if row is not None and judged is None:
            precision, recall = row.precision, row.recall
        figures.append(
            BuiltFigures(
                category,
                category.active_examples,
                row.example_count if row else 0,
                precision,
                recall,
            )
        )
    return figures


def _shares(judged: _Judged) -> dict[str, tuple[Share | None, Share | None]]:
    """Precision and recall of each category, by slug."""
    predicted, labels = judged.held_out.predicted, judged.examples.labels
    count = len(judged.examples.categories)
    right = np.bincount(labels[predicted == labels], minlength=count)
    guessed, there = (np.bincount(each, minlength=count) for each in (predicted, labels))
    return {
        category.slug: (
            Share.of_any(int(right[place]), int(guessed[place])),
            Share.of_any(int(right[place]), int(there[place])),
        )
        for place, category in enumerate(judged.examples.categories)
    }


def _live(own: Sequence[Category], start: datetime, end: datetime | None) -> LiveFigures:
    rows = Prediction.objects.filter(category__in=own, created_at__gte=start)
    if end is not None:
        rows = rows.filter(created_at__lt=end)
    newest = rows.order_by("-created_at").values_list("level", "annotator", "created_at")
    levels: Counter[str] = Counter()
    others = read = 0
    since = None
    for level, annotator, created_at in newest[:MAX_PREDICTIONS].iterator(CHUNK):
        read += 1
        since = created_at
        if annotator == AnnotatorChoices.MODEL:
            levels[level] += 1
        else:
            others += 1
    judged = (
        _sayings(start, end)
        .filter(prediction__category__in=own)
        .aggregate(all=Count("id"), corrected=Count("id", filter=Q(is_correct=False)))
    )
    return LiveFigures(
        dict(levels),
        others,
        judged["all"],
        judged["corrected"],
        since if read == MAX_PREDICTIONS else None,
    )
