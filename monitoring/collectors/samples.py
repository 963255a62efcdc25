"""Samples of predictions for the measures of drift: bounded, and spread over the whole time.

Part of what reads the other apps' tables; see `monitoring.collectors`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMinute

from classifier.engine.descriptors import NORMALIZER_VERSION, normalize
from classifier.engine.types import Reason
from classifier.models import Activation, Category, ModelVersion, Prediction
from classifier.models.choices import AnnotatorChoices
from experiments.services.reading import long_reads

# A large time is read in so many runs of rows that follow each other.
RUNS = 200
ROWS = 2_000
FIELDS = (
    "version_id", "category_id", "annotator", "confidence", "reason", "merchant_text",
    "canonical_text", "description", "version__normalizer_version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A prediction. `confidence` is None where the model did not say one, `text` where the
    description holds none."""

    version_id: int
    category_id: int | None
    confidence: float | None
    text: str | None
    merchant_text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a time in which there were `total`."""

    rows: tuple[Seen, ...]
    total: int


def sample(start: datetime, end: datetime, limit: int) -> Sample:
    """Predictions made in [start, end): all where there are `limit` at most, else about so many.

    Runs begin at ranks that are as far from each other, so that each hour has its share of the
    sample, and the same table gives the same sample.
    """
    within = Prediction.objects.filter(created_at__gte=start, created_at__lt=end).order_by()
    with long_reads():
        total = within.count()
        if total <= limit:
            return Sample(tuple(_seen(within)), total)
        minutes = _minutes(within)
        rows: list[Seen] = []
        for run in range(RUNS):
            moment, offset = _place_of(minutes, run * total // RUNS)
            after = within.filter(created_at__gte=moment).order_by("created_at", "id")
            rows += _seen(after[offset : offset + limit // RUNS])
    return Sample(tuple(rows), total)


def active_version() -> ModelVersion | None:
    return ModelVersion.objects.active().select_related("encoder").first()


def live_since(version: ModelVersion) -> datetime | None:
    """When it last went live; None where it never was."""
    activations = Activation.objects.filter(to_version=version).order_by("-id")
    return activations.values_list("created_at", flat=True).first()


def category_names(ids: Iterable[int | None]) -> dict[int, str]:
    """As a category's row names itself, by key."""
    found = Category.objects.filter(
        pk__in={each for each in ids if each is not None}
    ).select_related("parent")
    return {category.pk: str(category) for category in found}


def _minutes(within: "QuerySet[Prediction]") -> list[tuple[datetime, int]]:
    """How many were made in each minute in which there were any, in the order of time."""
    counted = within.annotate(minute=TruncMinute("created_at", tzinfo=UTC)).values("minute")
    found: Any = counted.annotate(count=Count("id")).order_by("minute")
    return [(row["minute"], row["count"]) for row in found]


def _place_of(minutes: list[tuple[datetime, int]], rank: int) -> tuple[datetime, int]:
    """The minute that holds the row of a rank, and how many rows of it come before."""
    before = 0
    for minute, count in minutes:
        if before + count > rank:
            return minute, rank - before
        before += count
    return minutes[-1]


def _seen(rows: "QuerySet[Prediction]") -> Iterator[Seen]:
    for (
        version,
        category,
        annotator,
        confidence,
        reason,
        merchant,
        text,
        said,
        normalizer,
    ) in rows.values_list(*FIELDS).iterator(ROWS):
        canonical = text if normalizer == NORMALIZER_VERSION else normalize(said)
        yield Seen(
            version,
            category,
            confidence if annotator == AnnotatorChoices.MODEL else None,
            canonical if reason != Reason.NO_TEXT.value else None,
            merchant,
        )
