"""What processes counted is in the snapshots once, whenever their samples can be seen."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.models import MetricSnapshot, Process, ProcessSample, Turn
from monitoring.services import snapshots
from monitoring.services.snapshots import take_due
from tests.monitoring.snapshots import HOUR, MINUTE, NOON
from tests.monitoring.traffic import COUNTS, make_process

pytestmark = pytest.mark.django_db
Resolution = MetricSnapshot.Resolution
SECOND = timedelta(seconds=1)
SETTLED = NOON + snapshots.SETTLING
# By how many seconds the clock of a look is wrong: mostly not at all.
WRONG = st.sampled_from([0, 0, 0, -600, 900, 90_000])
MOMENTS = st.integers(0, 240)


@pytest.fixture(autouse=True)
def begun() -> None:
    Turn.objects.create(name="snapshots", due_at=NOON, done_until=NOON)


def counted(requests: int, at: datetime) -> None:
    """By a web process, with a sample that says to be of `at`."""
    ProcessSample.objects.create(
        process=make_process(NOON, pid=Process.objects.count()),
        created_at=at,
        seconds=10,
        counts={**COUNTS, "requests": requests},
    )


def held() -> dict[datetime, int]:
    """The requests of each minute."""
    rows = MetricSnapshot.objects.filter(series="requests", resolution=Resolution.MINUTE)
    return dict(rows.order_by("at").values_list("at", "count"))


def test_a_sample_counts_in_the_minute_in_which_it_was_stored() -> None:
    counted(1, NOON)
    counted(2, NOON + 59 * SECOND)
    counted(4, NOON + MINUTE)
    take_due(SETTLED + MINUTE)
    assert held() == {NOON: 3}
    take_due(SETTLED + 2 * MINUTE)
    assert held() == {NOON: 3, NOON + MINUTE: 4}


def test_one_that_is_seen_when_its_minute_is_held_counts_in_the_next() -> None:
    counted(1, NOON + 30 * SECOND)
    take_due(SETTLED + MINUTE)
    counted(2, NOON + 59 * SECOND)
    take_due(SETTLED + 2 * MINUTE)
    assert held() == {NOON: 1, NOON + MINUTE: 2}


def test_one_from_before_a_clock_was_set_back_counts_now() -> None:
    counted(1, NOON + 3 * HOUR)
    take_due(SETTLED + MINUTE)
    assert held() == {NOON: 1}


def test_samples_are_counted_anew_where_a_clock_was_set_back() -> None:
    counted(1, NOON + 30 * SECOND)
    counted(2, NOON + 70 * SECOND)
    take_due(SETTLED + 60 * MINUTE)
    take_due(SETTLED + MINUTE)
    assert held() == {NOON: 1}
    take_due(SETTLED + 2 * MINUTE)
    assert held() == {NOON: 1, NOON + MINUTE: 2}


def test_who_lost_its_turn_while_it_worked_holds_no_sample() -> None:
    def take_over(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "monitoring_metricsnapshot"'):
            Turn.objects.update(token=uuid4())
        return execute(sql, *rest)

    counted(1, NOON)
    with connection.execute_wrapper(take_over):
        take_due(SETTLED + MINUTE)
    assert ProcessSample.objects.filter(minute=None).count() == 1


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    stored=st.lists(st.tuples(MOMENTS, st.integers(0, 240)), max_size=10),
    looks=st.lists(st.tuples(MOMENTS, WRONG), max_size=6),
)
def test_nothing_is_lost_or_counted_twice_whatever_the_order(
    stored: list[tuple[int, int]], looks: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samples say when they were stored, and are seen so many seconds later."""
    monkeypatch.setattr(snapshots, "MINUTES_A_TURN", 10)
    for model in (Process, MetricSnapshot):
        model.objects.all().delete()
    Turn.objects.update(due_at=NOON, done_until=NOON, token=None)
    seen = [
        (says + later, 2**number, NOON + says * SECOND)
        for number, (says, later) in enumerate(stored)
    ]
    asked = [(moment, 0, NOON + (moment + wrong) * SECOND) for moment, wrong in looks]
    for _, requests, at in sorted([*seen, *asked]):
        if requests:
            counted(requests, at)
        else:
            take_due(at)
    # Ten minutes each, from eleven o'clock where a clock was set back over noon.
    for number in range(10):
        take_due(NOON + 35 * MINUTE + number * snapshots.EVERY)
    assert sum(held().values()) == 2 ** len(stored) - 1
