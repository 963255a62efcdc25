"""Of many processes that could do a piece of work, one does it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from monitoring.exceptions import TurnLostError
from monitoring.models import Turn
from monitoring.services.turns import LEASE, take
from tests.races import race

EVERY = timedelta(seconds=30)


@pytest.mark.django_db
def test_a_turn_is_taken_once_until_it_is_due_again() -> None:
    now = timezone.now()
    held = take("alerts", EVERY, now)
    assert held is not None
    held.finish()
    assert take("alerts", EVERY, now + timedelta(seconds=29)) is None
    assert take("alerts", EVERY, now + timedelta(seconds=30)) is not None


@pytest.mark.django_db
def test_a_turn_that_is_held_is_not_taken_though_it_is_due() -> None:
    now = timezone.now()
    take("alerts", EVERY, now)
    assert take("alerts", EVERY, now + timedelta(seconds=60)) is None


@pytest.mark.django_db
def test_who_was_paused_beyond_its_lease_cannot_finish() -> None:
    now = timezone.now()
    paused = take("alerts", EVERY, now)
    assert paused is not None
    successor = take("alerts", EVERY, now + LEASE)
    assert successor is not None
    with pytest.raises(TurnLostError), transaction.atomic():
        paused.finish(done_until=now)
    successor.finish(done_until=now + LEASE)
    assert Turn.objects.get().done_until == now + LEASE


@pytest.mark.django_db
def test_work_that_fails_gives_the_turn_back_for_when_it_is_next_due() -> None:
    now = timezone.now()
    held = take("alerts", EVERY, now)
    assert held is not None
    with pytest.raises(OperationalError), held.at_work():
        raise OperationalError("database is locked")
    assert take("alerts", EVERY, now + EVERY / 2) is None
    assert take("alerts", EVERY, now + EVERY) is not None


@pytest.mark.django_db
def test_who_lost_its_turn_and_fails_takes_it_from_nobody() -> None:
    now = timezone.now()
    paused = take("alerts", EVERY, now)
    assert paused is not None
    successor = take("alerts", EVERY, now + LEASE)
    assert successor is not None
    with pytest.raises(OperationalError), paused.at_work():
        raise OperationalError("database is locked")
    successor.finish()


@pytest.mark.django_db
def test_a_row_that_another_has_written_meanwhile_is_a_turn_that_was_lost() -> None:
    now = timezone.now()
    paused = take("alerts", EVERY, now)
    assert paused is not None
    with pytest.raises(IntegrityError), paused.at_work():
        raise IntegrityError("refused, though nobody else is at it")
    paused = take("alerts", EVERY, now + EVERY)
    assert paused is not None
    take("alerts", EVERY, now + EVERY + LEASE)
    with pytest.raises(TurnLostError), paused.at_work():
        raise IntegrityError("it is there already")


@pytest.mark.django_db
def test_a_clock_that_is_set_back_stops_nothing() -> None:
    now = timezone.now()
    held = take("alerts", EVERY, now)
    assert held is not None
    held.finish()
    assert take("alerts", EVERY, now - timedelta(hours=1)) is not None


@pytest.mark.django_db
def test_a_turn_says_how_far_the_last_one_came() -> None:
    now = timezone.now()
    first = take("snapshots", EVERY, now)
    assert first is not None
    assert first.done_until is None
    first.finish(done_until=now)
    second = take("snapshots", EVERY, now + EVERY)
    assert second is not None
    assert second.done_until == now


@pytest.mark.django_db
def test_to_look_for_a_turn_that_is_not_due_costs_one_read(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    now = timezone.now()
    held = take("alerts", EVERY, now)
    assert held is not None
    held.finish()
    with django_assert_num_queries(1) as seen:
        assert take("alerts", EVERY, now + timedelta(seconds=5)) is None
    assert seen.captured_queries[0]["sql"].startswith("SELECT")
    # To look, to take, and to read how far the last one came.
    with django_assert_num_queries(3):
        assert take("alerts", EVERY, now + EVERY) is not None


SCRIPT = """
from monitoring.services.turns import take

taken = at_once(lambda number: take("alerts", timedelta(seconds=30)))
result["taken"] = len([held for held in taken if held is not None])
"""


def test_of_four_at_once_one_takes_it(tmp_path: Path) -> None:
    assert race(tmp_path, SCRIPT) == {"taken": 1}
