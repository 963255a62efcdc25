"""Day by day, what the model believes of its answers beside what reviewers found of the audited."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from classifier.engine.shares import Share
from monitoring.measures import MEASURES
from monitoring.models import MetricSnapshot
from monitoring.services.series import points


@dataclass(frozen=True, slots=True)
class DayAccuracy:
    """Shares right: `estimated` by calibrated confidence without a label, `audited` by reviewers
    (of the predictions that were judged that day); None where there is none."""

    day: date
    estimated: Share | None
    audited: Share | None


def daily_accuracy(start: datetime, end: datetime) -> list[DayAccuracy]:
    """Of the days that snapshots hold, the oldest first.

    Were the confidences right, the answers that are right would be a sum of draws with these
    probabilities, whose variance is p(1 - p)/n at most: Wilson's interval holds for both.
    """
    estimated, audited = (_by_day(key, start, end) for key in ("mean_confidence", "accuracy_audit"))
    return [
        DayAccuracy(day, estimated.get(day), audited.get(day))
        for day in sorted({*estimated, *audited})
    ]


def _by_day(measure: str, start: datetime, end: datetime) -> dict[date, Share]:
    found = points(MEASURES[measure], start, end, MetricSnapshot.Resolution.DAY)
    return {
        timezone.localtime(point.at).date(): Share.of(round(point.value * point.count), point.count)
        for point in found
        if point.value is not None and point.count
    }
