"""What goes wrong with one rule, as it is judged or stored, is said of it and stops no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError, connection

from monitoring.models import Alert, AlertRule
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import (
    BAD,
    FINE,
    HOUR,
    MINUTE,
    NOON,
    Resolution,
    minute,
    store,
    watch,
)

pytestmark = pytest.mark.django_db
State = AlertRule.State
GIB = 2.0**30


@pytest.fixture(autouse=True)
def no_other_rules() -> None:
    AlertRule.objects.all().delete()


@pytest.fixture
def other() -> AlertRule:
    return a_rule(for_minutes=0)


def state_of(rule: AlertRule) -> tuple[str, str]:
    rule.refresh_from_db()
    return rule.state, rule.state_text


def memory(at_noon: float, before: float = 2 * GIB) -> None:
    """So many bytes at this hour of the last weeks, and so many now."""
    for weeks in (1, 2, 3):
        at = NOON - timedelta(weeks=weeks)
        for hours in range(-2, 3):
            store([minute("memory", at + hours * HOUR, 1, before, resolution=Resolution.HOUR)])
    store(minute("memory", NOON + number * MINUTE, 1, at_noon) for number in range(6))


def test_a_limit_beyond_all_numbers_is_kept_as_none(other: AlertRule) -> None:
    rule = a_rule(measure="memory", thresholds="learned", warning=1, critical=1e308, for_minutes=0)
    memory(at_noon=5 * GIB)
    watch([BAD] * 3)
    assert state_of(rule)[0] == state_of(other)[0] == State.FIRING
    assert Alert.objects.get(rule=rule).evidence["critical"] is None


def test_a_value_that_is_no_number_says_nothing(other: AlertRule) -> None:
    rule = a_rule(measure="memory", warning=GIB, critical=None, for_minutes=0)
    memory(at_noon=float("inf"))
    watch([BAD] * 3)
    assert state_of(rule)[0] == State.NO_DATA
    assert state_of(other)[0] == State.FIRING


def test_one_that_cannot_be_computed_is_broken_alone(other: AlertRule) -> None:
    rule = a_rule(measure="memory", thresholds="learned", warning=1, critical=None, for_minutes=0)
    # The sum of such numbers is none.
    memory(at_noon=5 * GIB, before=1.7e308)
    watch([BAD] * 3)
    assert state_of(rule) == (State.BROKEN, "Judging it failed: OverflowError.")
    assert state_of(other)[0] == State.FIRING


@contextmanager
def refused(text: str) -> Iterator[None]:
    """A database that takes no row of episodes which holds the text."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        is_row = sql.startswith(("INSERT INTO", "UPDATE")) and "monitoring_alert" in sql
        if is_row and '"monitoring_alertrule"' not in sql and text in str(params):
            raise DataError("invalid input syntax for type json")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def test_one_whose_episodes_are_refused_is_broken_alone_and_goes_on_later(
    other: AlertRule,
) -> None:
    rule = a_rule(measure="memory", warning=GIB, critical=None, for_minutes=0)
    memory(at_noon=5 * GIB)
    with refused("Memory"):
        end = watch([BAD] * 2)
    assert state_of(rule) == (State.BROKEN, "Its episodes could not be stored: DataError.")
    assert state_of(other)[0] == State.FIRING
    assert Alert.objects.get().rule == other
    watch([BAD], end)
    assert state_of(rule)[0] == State.FIRING


def test_its_open_alert_stays_open_and_says_so_once() -> None:
    rule = a_rule(for_minutes=0, keep_firing_minutes=0)
    end = watch([BAD])
    with refused("resolved"):
        end = watch([FINE] * 3, end)
    assert state_of(rule)[0] == State.BROKEN
    alert = Alert.objects.get()
    assert alert.status == Alert.Status.FIRING
    assert alert.text.startswith("Cannot be judged any more: Its episodes could not be stored")
    assert alert.events.filter(kind="comment").count() == 1
    watch([FINE], end)
    alert.refresh_from_db()
    assert alert.status == Alert.Status.RESOLVED
