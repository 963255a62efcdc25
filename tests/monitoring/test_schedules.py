"""The queue's schedules are what the code says."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils.module_loading import import_string
from django.utils.timezone import localtime
from django_q.models import Schedule

from monitoring.schedules import SCHEDULES, sync_schedules


def said() -> str:
    output = StringIO()
    call_command("sync_schedules", stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("planned", SCHEDULES, ids=lambda planned: planned.name)
def test_what_is_scheduled_is_there(planned: object) -> None:
    assert callable(import_string(planned.func))  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_a_second_sync_changes_nothing() -> None:
    assert "Scheduled: recover lost jobs." in said()
    rows = list(Schedule.objects.values())
    assert said() == ""
    assert list(Schedule.objects.values()) == rows


@pytest.mark.django_db
def test_a_schedule_changed_by_hand_is_put_right_and_runs_when_it_was_to() -> None:
    sync_schedules()
    wanted = Schedule.objects.filter(name="recover lost jobs")
    wanted.update(minutes=99)
    next_run = wanted.get().next_run
    assert sync_schedules() == (["recover lost jobs"], [])
    row = wanted.get()
    assert (row.minutes, row.next_run) == (1, next_run)


@pytest.mark.django_db
def test_a_schedule_that_the_code_does_not_know_goes() -> None:
    Schedule.objects.create(name="of an older release", func="gone.away")
    assert "No longer scheduled: of an older release." in said()
    assert not Schedule.objects.filter(name="of an older release").exists()


@pytest.mark.django_db
def test_what_runs_at_night_waits_for_the_night() -> None:
    sync_schedules()
    next_run = localtime(Schedule.objects.get(name="learn from feedback").next_run)
    assert next_run.hour == 3
    assert timedelta(0) < next_run - localtime() <= timedelta(days=1)
