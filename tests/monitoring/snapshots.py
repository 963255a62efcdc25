"""Snapshots made by a line, and a monitor that looks at them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from monitoring.models import MetricSnapshot
from monitoring.services.alerting import evaluate_due
from monitoring.services.snapshots import take_due

Resolution = MetricSnapshot.Resolution
# A Thursday.
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# Of the requests of a minute.
REQUESTS = 100
FINE, BAD, WORST = 0.0, 0.1, 0.5


def minute(
    series: str,
    at: datetime,
    count: int,
    total: float,
    *,
    by: str = "",
    label: str = "",
    resolution: Resolution = Resolution.MINUTE,
    histogram: list[int] | None = None,
) -> MetricSnapshot:
    """Not stored. One that begins at `at`, wholly seen."""
    return MetricSnapshot(
        series=series,
        at=at,
        count=count,
        total=total,
        by=by,
        label=label,
        resolution=resolution,
        seconds=60 if resolution == Resolution.MINUTE else 3600,
        histogram=histogram,
    )


def store(rows: Iterable[MetricSnapshot]) -> None:
    MetricSnapshot.objects.bulk_create(rows, batch_size=500)


def errors(share: float | None, at: datetime) -> None:
    """The API's of the minute that begins at `at`; None: no snapshot was taken."""
    if share is not None:
        store([minute("requests", at, REQUESTS, share * REQUESTS)])


def watch(shares: Iterable[float | None], start: datetime = NOON) -> datetime:
    """A monitor that looks after each minute of such shares of errors. Returns when it ended."""
    for share in shares:
        errors(share, start)
        start += MINUTE
        evaluate_due(start)
    return start


def miss(shares: Iterable[float | None], start: datetime = NOON) -> datetime:
    """As `watch`, while the monitor is paused."""
    for share in shares:
        errors(share, start)
        start += MINUTE
    return start


def look(minutes: int, start: datetime) -> datetime:
    """A monitor that takes snapshots of the states that there are. Returns when it ended."""
    for _ in range(minutes):
        start += MINUTE
        take_due(start + MINUTE / 4)
        evaluate_due(start + MINUTE / 4)
    return start
