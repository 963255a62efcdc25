"""Add minutes up to hours, and hours to days."""

from collections import defaultdict
from datetime import datetime

from monitoring.collectors.seen import capped
from monitoring.detectors.quantiles import Sums, summed
from monitoring.models import MetricSnapshot
from monitoring.services.clock import days_ended, hours_ended

Resolution = MetricSnapshot.Resolution
COLUMNS = ("series", "by", "label", "count", "total", "seconds", "histogram")


def roll_up(start: datetime, end: datetime) -> None:
    """The hours and days that ended after `start`, until `end` and with it."""
    for hour, after in hours_ended(start, end):
        _add_up(Resolution.MINUTE, Resolution.HOUR, hour, after)
    for day, after in days_ended(start, end):
        _add_up(Resolution.HOUR, Resolution.DAY, day, after)


def _add_up(parts: Resolution, whole: Resolution, start: datetime, end: datetime) -> None:
    found: dict[tuple[str, str], dict[str, list[Sums]]] = defaultdict(lambda: defaultdict(list))
    rows = MetricSnapshot.objects.filter(resolution=parts, at__gte=start, at__lt=end).order_by()
    for series, by, label, count, total, seconds, histogram in rows.values_list(*COLUMNS):
        sums = Sums(count, total, seconds, tuple(histogram) if histogram is not None else None)
        found[series, by][label].append(sums)
    MetricSnapshot.objects.bulk_create(
        [
            MetricSnapshot(
                series=series,
                by=by,
                label=label,
                resolution=whole,
                at=start,
                count=sums.count,
                total=sums.total,
                seconds=sums.seconds,
                histogram=sums.histogram,
            )
            for (series, by), parts_of in found.items()
            for label, sums in capped(
                {label: summed(each) for label, each in parts_of.items()}
            ).items()
        ],
        batch_size=500,
    )
