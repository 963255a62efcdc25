"""Minutes, hours and days, as snapshots have them: hours and days are those of the site's clock.

All moments are returned in UTC. In the site's own time zone Python would add and subtract by the
wall clock, which is an hour off where it is put forward or back between.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def database_time() -> datetime:
    """What processes on several machines can agree upon. SQLite's is that of its one machine."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT STRFTIME('%Y-%m-%dT%H:%M:%fZ', 'now')")
            return datetime.fromisoformat(cursor.fetchone()[0])
        cursor.execute("SELECT STATEMENT_TIMESTAMP()")
        now: datetime = cursor.fetchone()[0]
    return now.astimezone(UTC)


def minute_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def hour_of(moment: datetime) -> datetime:
    """When it began: at the full hour, or when the clock was put back or forward by less."""
    local = _local(moment)
    since = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment.astimezone(UTC) - since


def day_of(moment: datetime) -> datetime:
    return days_from(moment, 0)


def days_from(moment: datetime, number: int) -> datetime:
    """The first moment of a day: that of `moment`, or so many later, or earlier where below 0."""
    day = _local(moment).date() + timedelta(days=number)
    return datetime.combine(day, time.min, timezone.get_default_timezone()).astimezone(UTC)


def minutes_between(start: datetime, end: datetime) -> Iterator[datetime]:
    """Those that start at `start` or later and are over at `end`."""
    while start + MINUTE <= end:
        yield start
        start += MINUTE


def hours_ended(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The hours that ended after `start`, until `end` and with it, each with where it ends."""
    ended = []
    hour = hour_of(start)
    while (after := hour_of(hour + HOUR)) <= end:
        if after > start:
            ended.append((hour, after))
        hour = after
    return ended


def days_ended(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """As `hours_ended`."""
    ended = []
    day = day_of(start)
    while (after := days_from(day, 1)) <= end:
        if after > start:
            ended.append((day, after))
        day = after
    return ended


def week_before(moment: datetime) -> datetime:
    """The same time of the clock, seven days ago."""
    # Python subtracts by the wall clock.
    return (_local(moment) - timedelta(days=7)).astimezone(UTC)


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment, timezone.get_default_timezone())
