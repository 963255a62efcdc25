"""The stretch of time that a page shows, in slots that a chart can draw."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from monitoring.models import MetricSnapshot
from monitoring.services.clock import (
    HOUR,
    MINUTE,
    day_of,
    days_from,
    hour_of,
    minute_of,
    week_before,
)
from monitoring.services.snapshots import SETTLING

Resolution = MetricSnapshot.Resolution


@dataclass(frozen=True, slots=True)
class Range:
    """`step` snapshots of a resolution make one slot; there are no more than 400 slots."""

    key: str
    title: str
    span: timedelta
    resolution: Resolution
    step: int = 1


RANGES = (
    Range("1h", "1 hour", timedelta(hours=1), Resolution.MINUTE),
    Range("6h", "6 hours", timedelta(hours=6), Resolution.MINUTE),
    Range("24h", "24 hours", timedelta(hours=24), Resolution.MINUTE, step=5),
    Range("7d", "7 days", timedelta(days=7), Resolution.HOUR),
    Range("30d", "30 days", timedelta(days=30), Resolution.HOUR, step=3),
    Range("90d", "90 days", timedelta(days=90), Resolution.DAY),
)
# What is split by category begins with the hour, and has many labels.
CATEGORY_RANGES = (
    Range("24h", "24 hours", timedelta(hours=24), Resolution.HOUR),
    Range("7d", "7 days", timedelta(days=7), Resolution.HOUR),
    Range("30d", "30 days", timedelta(days=30), Resolution.DAY),
    Range("90d", "90 days", timedelta(days=90), Resolution.DAY),
)


@dataclass(frozen=True, slots=True)
class Window:
    """Slots that begin at `starts`, in UTC and in order, the last of which ends at `end`.
    `slot_seconds` is None where they need not be alike: of days, one may have 23 hours."""

    starts: tuple[datetime, ...]
    end: datetime
    resolution: Resolution
    slot_seconds: int | None = None

    @property
    def start(self) -> datetime:
        return self.starts[0]

    def slot_of(self, moment: datetime) -> int:
        return bisect_right(self.starts, moment) - 1

    def week_earlier(self) -> "Window":
        """The same times of the clock, slot by slot.

        Where the clock was put back or forward, an hour that last week did not have leaves slots
        empty, and one that only last week had is in the slot before it.
        """
        if self.resolution is Resolution.DAY:
            days = tuple(days_from(start, -7) for start in self.starts)
            return Window(days, days_from(self.end, -7), self.resolution)
        ours = (*self.starts, self.end)
        *starts, end = list(accumulate(map(week_before, reversed(ours)), min))[::-1]
        shifts = {now - before for now, before in zip(ours, (*starts, end), strict=True)}
        seconds = self.slot_seconds if len(shifts) == 1 else None
        return Window(tuple(starts), end, self.resolution, seconds)


def window_of(chosen: Range, now: datetime) -> Window:
    """Up to the last minute, hour or day that is over.

    Slots begin at round times of the clock, so that the last one may have begun only now.
    """
    match chosen.resolution:
        case Resolution.MINUTE:
            end, unit = minute_of(now - SETTLING), MINUTE
        case Resolution.HOUR:
            end, unit = hour_of(now - SETTLING), HOUR
        case _:
            return _days(chosen, day_of(now - SETTLING))
    size = unit * chosen.step
    since_midnight = end - day_of(end)
    last = end + (-since_midnight) % size
    numbers = range(chosen.span // size, 0, -1)
    starts = tuple(last - size * number for number in numbers)
    return Window(starts, end, chosen.resolution, int(size.total_seconds()))


def _days(chosen: Range, end: datetime) -> Window:
    starts = tuple(days_from(end, -number) for number in range(chosen.span.days, 0, -1))
    return Window(starts, end, chosen.resolution)
