"""Sums of predictions, read by an index over when they were made."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from classifier.models import Category, ModelVersion, Prediction
from classifier.models.choices import AnnotatorChoices, LevelChoices
from monitoring.collectors.seen import Seen, split, whole_and_split
from monitoring.detectors.quantiles import Sums
from monitoring.measures import By

# As the estimate of live accuracy has them: of answers by the version, with a category.
_HAS_CONFIDENCE = Q(
    annotator=AnnotatorChoices.MODEL, category__isnull=False, confidence__isnull=False
)
_SERIES = ("predictions", "confidence", "low_level")
_COUNTS = {
    "predictions": Count("pk"),
    "confident": Count("pk", filter=_HAS_CONFIDENCE),
    "confidence": Sum("confidence", filter=_HAS_CONFIDENCE),
    "low": Count("pk", filter=Q(level=LevelChoices.LOW)),
}


def first_prediction_at() -> datetime | None:
    times = Prediction.objects.order_by("created_at").values_list("created_at", flat=True)
    return times.first()


def traffic_seen(start: datetime, end: datetime) -> list[Seen]:
    """Predictions, confidence, answers of level low and abstentions in [start, end), whole and by
    version."""
    abstained = Count("pk", filter=Q(category__isnull=True))
    rows: list[Any] = list(
        _made(start, end).values("version").annotate(**_COUNTS, abstained=abstained).order_by()
    )
    names = _names(ModelVersion.objects.all(), "name", [row["version"] for row in rows])
    seconds = (end - start).total_seconds()
    sums_of: dict[str, dict[str, Sums]] = {series: {} for series in (*_SERIES, "abstentions")}
    for row in rows:
        name, count = names[row["version"]], row["predictions"]
        for series, sums in _sums(row, seconds).items():
            sums_of[series][name] = sums
        sums_of["abstentions"][name] = Sums(count, row["abstained"], seconds)
    return [
        seen
        for series, labels in sums_of.items()
        for seen in whole_and_split(series, By.VERSION, labels, seconds)
    ]


def categories_seen(start: datetime, end: datetime) -> list[Seen]:
    """Predictions, confidence and answers of level low in [start, end) by category."""
    answered = _made(start, end).filter(category__isnull=False)
    rows: list[Any] = list(answered.values("category").annotate(**_COUNTS).order_by())
    slugs = _names(Category.objects.all(), "slug", [row["category"] for row in rows])
    seconds = (end - start).total_seconds()
    sums_of: dict[str, dict[str, Sums]] = {series: {} for series in _SERIES}
    for row in rows:
        for series, sums in _sums(row, seconds).items():
            sums_of[series][slugs[row["category"]]] = sums
    return [
        seen for series, labels in sums_of.items() for seen in split(series, By.CATEGORY, labels)
    ]


def _made(start: datetime, end: datetime) -> "QuerySet[Prediction]":
    return Prediction.objects.filter(created_at__gte=start, created_at__lt=end)


def _sums(row: dict[str, Any], seconds: float) -> dict[str, Sums]:
    count = row["predictions"]
    return {
        "predictions": Sums(count, count, seconds),
        "confidence": Sums(row["confident"], row["confidence"] or 0.0, seconds),
        "low_level": Sums(count, row["low"], seconds),
    }


def _names(rows: "QuerySet[Any]", field: str, keys: list[int]) -> dict[int, str]:
    return dict(rows.filter(pk__in=keys).values_list("pk", field))
