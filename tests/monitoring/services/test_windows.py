"""The stretches of time that pages show."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import Settings

from monitoring.services.clock import hours_ended, week_before
from monitoring.services.windows import RANGES, Range, window_of

NOW = datetime(2026, 3, 10, 14, 37, 50, tzinfo=UTC)
OF = {each.key: each for each in RANGES}
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("each", "last", "end"),
    [
        (OF["1h"], "14:36", "14:37"),
        (OF["24h"], "14:35", "14:37"),
        (OF["7d"], "13:00", "14:00"),
        (OF["30d"], "12:00", "14:00"),
        (OF["90d"], "00:00", "00:00"),
    ],
    ids=lambda each: each.key if isinstance(each, Range) else "",
)
def test_slots_begin_at_round_times_and_end_with_what_is_over(
    each: Range, last: str, end: str
) -> None:
    window = window_of(each, NOW)
    assert f"{window.starts[-1]:%H:%M}" == last
    assert f"{window.end:%H:%M}" == end
    assert window.slot_of(window.end - timedelta(seconds=1)) == len(window.starts) - 1
    assert window.slot_of(window.start) == 0


def test_last_week_is_the_same_time_of_the_clock(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override(None):
        monday = datetime(2026, 3, 30, 9, 0, tzinfo=BERLIN)
        assert week_before(monday) == datetime(2026, 3, 23, 9, 0, tzinfo=BERLIN)
        days = window_of(OF["90d"], datetime(2026, 3, 31, 12, 0, tzinfo=UTC)).starts
        assert {f"{start.astimezone(BERLIN):%H:%M}" for start in days} == {"00:00"}


@pytest.mark.parametrize(("day", "hours"), [(28, 24), (29, 23)])
def test_a_day_has_as_many_hours_as_its_clock(day: int, hours: int, settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override(None):
        start = datetime(2026, 3, day, tzinfo=BERLIN)
        end = datetime(2026, 3, day + 1, tzinfo=BERLIN)
        ended = hours_ended(start, end)
    assert len(ended) == hours
    assert {after.astimezone(UTC) - hour.astimezone(UTC) for hour, after in ended} == {
        timedelta(hours=1)
    }
