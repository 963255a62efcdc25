"""Work that nobody ends is seen where people look, for no alert can tell of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitoring.models import Turn
from monitoring.services.health import Grade, concerns, running_processes
from monitoring.services.readiness import monitoring_part
from monitoring.services.turns import ALERTS, LATE_AFTER, NOTIFICATIONS, SNAPSHOTS, take

pytestmark = pytest.mark.django_db
LATE = [
    (SNAPSHOTS, "no snapshot has been taken since"),
    (ALERTS, "no alert rule has been judged since"),
    (NOTIFICATIONS, "no message has been written since"),
]


@pytest.mark.parametrize(("name", "said"), LATE)
def test_work_that_nobody_has_ended_for_long_degrades(name: str, said: str) -> None:
    now = timezone.now()
    for each, _ in LATE:
        Turn.objects.create(name=each, due_at=now, done_at=now - LATE_AFTER / 2)
    assert monitoring_part().status == "ok"
    Turn.objects.filter(name=name).update(done_at=now - LATE_AFTER - timedelta(minutes=1))
    part = monitoring_part()
    assert part.status == "degraded"
    assert part.detail.startswith(f"{said} 20")


def test_work_that_was_never_ended_degrades_once_it_has_been_asked_for_so_long() -> None:
    take(ALERTS, timedelta(seconds=30))
    assert monitoring_part().status == "ok"
    Turn.objects.update(created_at=timezone.now() - LATE_AFTER - timedelta(minutes=1))
    assert monitoring_part().status == "degraded"


@pytest.mark.parametrize(("name", "said"), LATE[1:])
def test_health_says_that_nobody_would_be_told(name: str, said: str) -> None:
    now = timezone.now()
    Turn.objects.create(name=name, due_at=now, done_at=now - timedelta(hours=1))
    found = concerns(now, now, running_processes(now), [])
    (late,) = [each for each in found if each.text.startswith(f"N{said[1:]}")]
    assert late.grade is Grade.CRITICAL
