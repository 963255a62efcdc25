"""The stretch of time that a page shows, in slots that a chart can draw."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.models import MetricSnapshot
from monitoring.services.clock import HOUR, MINUTE, day_of, hour_of, minute_of, week_before
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
    """Slots that begin at `starts`, the last of which ends at `end`. `slot_seconds` is None where
    they need not be alike: of days, one may have 23 hours."""

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
        """The same times of the clock, slot by slot."""
        earlier = tuple(week_before(start) for start in self.starts)
        # Where the clock was put back or forward between, slots are not alike.
        is_even = self.starts[-1] - self.start == earlier[-1] - earlier[0]
        seconds = self.slot_seconds if is_even else None
        return Window(earlier, week_before(self.end), self.resolution, seconds)


def window_of(chosen: Range, now: datetime) -> Window:
    """Up to the last minute, hour or day that is over.

    Slots begin at round times of the clock, so that the last one may have begun only now.
    """
    match chosen.resolution:
        case Resolution.MINUTE:
            end, unit = minute_of(now - SETTLING), MINUTE
        case Resolution.HOUR:
            end, unit = hour_of(now - SETTLING).astimezone(UTC), HOUR
        case _:
            return _days(chosen, day_of(now - SETTLING))
    size = unit * chosen.step
    since_midnight = end - day_of(end)
    last = end + (-since_midnight) % size
    numbers = range(chosen.span // size, 0, -1)
    starts = tuple(last - size * number for number in numbers)
    return Window(starts, end, chosen.resolution, int(size.total_seconds()))


def _days(chosen: Range, end: datetime) -> Window:
    starts = tuple(
        day_of(end - timedelta(days=number)) for number in range(chosen.span.days, 0, -1)
    )
    return Window(starts, end, chosen.resolution)
