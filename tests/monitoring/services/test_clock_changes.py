"""Where the clock is put forward or back, each minute is shown once, and last week by the clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from pytest_django import Settings

from monitoring.measures import By
from monitoring.models import MetricSnapshot
from monitoring.services.clock import days_from, hour_of, hours_ended
from monitoring.services.figures import Figures, read_figures, read_totals
from monitoring.services.windows import CATEGORY_RANGES, RANGES, Window, window_of
from tests.monitoring.snapshots import HOUR, minute, store

Resolution = MetricSnapshot.Resolution
DAY = timedelta(days=1)
WEEK = 7 * DAY
STEP = timedelta(minutes=5)
# When the clock is put forward, and when back. In Santiago that is at midnight, which then comes
# late, or is twice an hour before midnight.
CHANGES = {
    "Europe/Berlin": ("2026-03-29T01:00Z", "2026-10-25T01:00Z"),
    "America/Santiago": ("2026-09-06T04:00Z", "2026-04-05T03:00Z"),
}
# How long after the change a page is looked at: it is in the range that is shown, then between
# this and last week's, then in last week's, of 30 days in both.
LATER = [timedelta(**each) for each in (
    {"minutes": 10}, {"minutes": 50}, {"minutes": 110}, {"hours": 4.5}, {"hours": 11},
    {"days": 3, "hours": 5}, {"days": 7, "hours": 1.2}, {"days": 7, "hours": 11},
    {"days": 11, "hours": 2}, {"days": 20},
)]  # fmt: skip


@pytest.fixture(
    params=[(zone, moment) for zone, moments in CHANGES.items() for moment in moments],
    ids=lambda param: f"{param[0]} {param[1]}",
)
def change(request: pytest.FixtureRequest, settings: Settings) -> Iterator[datetime]:
    zone, moment = request.param
    settings.TIME_ZONE = zone
    with timezone.override(None):
        yield datetime.fromisoformat(moment)


def steps(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while start < end:
        yield start
        start += step


def rows_of(window: Window, of: Figures) -> int:
    """All that is in a range, which is what its slots hold together."""
    (slots,) = of.slots.values() or ([],)
    found = sum(sums.count for sums in slots if sums)
    expected = MetricSnapshot.objects.filter(
        resolution=window.resolution, at__gte=window.start, at__lt=window.end
    )
    assert found == expected.count()
    assert len(slots) in (0, 1, len(window.starts))
    return found


def is_shown_once(wall: datetime) -> bool:
    """Whether the clock showed it, and not twice."""
    zone = timezone.get_default_timezone()
    return len({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}) == 1


@pytest.mark.django_db
def test_ranges_hold_each_minute_once_and_last_week_is_by_the_clock(change: datetime) -> None:
    for resolution, times in (
        (Resolution.MINUTE, steps(change - 9 * DAY, change + 12 * DAY, STEP)),
        (Resolution.HOUR, steps(change - 50 * DAY, change + 21 * DAY, HOUR)),
        (Resolution.DAY, (days_from(change, number) for number in range(-110, 21))),
    ):
        store(minute("predictions", at, 1, 1, resolution=resolution) for at in times)
    for later in LATER:
        for each in (*RANGES, *CATEGORY_RANGES):
            window = window_of(each, change + later)
            past = window.week_earlier()
            assert len(past.starts) == len(window.starts)
            for shown in (window, past):
                assert all(a <= b for a, b in pairwise(shown.starts))
                held = rows_of(shown, read_figures(["predictions"], shown))
                assert rows_of(shown, read_totals(["predictions"], shown, By.ALL)) == held
            last_week_is_by_the_clock(window, past)


def last_week_is_by_the_clock(window: Window, past: Window) -> None:
    zone = timezone.get_default_timezone()
    for now, before in zip(window.starts, past.starts, strict=True):
        wall, wall_before = (timezone.make_naive(each, zone) for each in (now, before))
        if window.resolution is Resolution.DAY:
            assert wall.date() - wall_before.date() == WEEK
        elif is_shown_once(wall) and is_shown_once(wall - WEEK):
            assert wall - wall_before == WEEK


def test_hours_follow_each_other(change: datetime) -> None:
    ended = hours_ended(change - 30 * HOUR, change + 30 * HOUR)
    assert [end - hour for hour, end in ended] == [HOUR] * 60
    assert [hour for hour, _ in ended[1:]] == [end for _, end in ended[:-1]]


def test_where_the_clock_is_put_back_by_half_an_hour_one_hour_is_so_long(
    settings: Settings,
) -> None:
    settings.TIME_ZONE = "Australia/Lord_Howe"
    change = datetime(2026, 4, 4, 15, 0, tzinfo=UTC)
    with timezone.override(None):
        assert hour_of(change - STEP) == change - HOUR
        ended = hours_ended(change - HOUR, change + HOUR)
    half = timedelta(minutes=30)
    assert ended == [(change - HOUR, change - half), (change - half, change + half)]
