"""Minutes, hours and days, as snapshots have them: hours and days are those of the site's clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def hour_of(moment: datetime) -> datetime:
    return _local(moment).replace(minute=0, second=0, microsecond=0)


def day_of(moment: datetime) -> datetime:
    return midnight(_local(moment).date())


def midnight(day: date) -> datetime:
    """Its first moment."""
    return datetime.combine(day, time.min, timezone.get_default_timezone())


def next_day(day: datetime) -> datetime:
    return midnight(_local(day).date() + timedelta(days=1))


def minutes_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Those that start at `start` or later and are over at `end`."""
    while start + MINUTE <= end:
        yield start
        start += MINUTE


def hours_ended(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The hours that ended after `start`, until `end` and with it, each with where it ends."""
    ended = []
    hour = hour_of(start)
    # In UTC: where the clock is put back or forward, an hour still has sixty minutes.
    while (after := hour_of(hour.astimezone(UTC) + HOUR)) <= end:
        if after > start:
            ended.append((hour, after))
        hour = after
    return ended


def days_ended(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """As `hours_ended`."""
    ended = []
    day = day_of(start)
    while (after := next_day(day)) <= end:
        if after > start:
            ended.append((day, after))
        day = after
    return ended


def week_before(moment: datetime) -> datetime:
    """The same time of the clock, seven days ago."""
    local = _local(moment)
    return datetime.combine(
        local.date() - timedelta(days=7), local.time(), timezone.get_default_timezone()
    )


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment, timezone.get_default_timezone())
