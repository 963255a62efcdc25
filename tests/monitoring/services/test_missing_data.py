"""What was not measured is neither right nor wrong, nor zero."""

from datetime import datetime, timedelta

import pytest

from monitoring.models import Alert, AlertRule
from monitoring.services.alerting import evaluate_due
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import BAD, FINE, MINUTE, NOON, minute, store, watch

pytestmark = pytest.mark.django_db
State = AlertRule.State


@pytest.fixture(autouse=True)
def no_other_rules() -> None:
    AlertRule.objects.all().delete()


def nothing_of_requests(minutes: int, start: datetime = NOON) -> None:
    """Snapshots were taken, but no web process said anything."""
    store([minute("predictions", start + n * MINUTE, 0, 0) for n in range(minutes)])


def test_without_any_snapshot_it_says_so() -> None:
    rule = a_rule()
    evaluate_due(NOON)
    rule.refresh_from_db()
    assert (rule.state, rule.state_text) == (State.NO_DATA, "No snapshot was taken yet.")


def test_snapshots_that_are_too_old_say_nothing_of_now() -> None:
    rule = a_rule(for_minutes=0)
    end = watch([BAD])
    evaluate_due(end + timedelta(minutes=4))
    rule.refresh_from_db()
    assert rule.state == State.NO_DATA
    assert rule.state_text.startswith("No snapshot was taken since 2026-03-05")
    assert Alert.objects.get().status == Alert.Status.FIRING


def test_a_measure_that_nobody_reports_is_missing() -> None:
    rule = a_rule(condition=AlertRule.Condition.BELOW, warning=0.5, critical=None)
    nothing_of_requests(3)
    evaluate_due(NOON + 3 * MINUTE)
    rule.refresh_from_db()
    assert (rule.state, rule.state_text) == (State.NO_DATA, "Nothing was measured.")
    assert not Alert.objects.exists()


def test_what_is_missing_brings_no_alert_nearer_to_firing() -> None:
    a_rule(for_minutes=2)
    end = watch([BAD, BAD])
    nothing_of_requests(10, end)
    for minutes in range(1, 11):
        evaluate_due(end + minutes * MINUTE)
    assert Alert.objects.get().status == Alert.Status.PENDING
    watch([BAD], end + 10 * MINUTE)
    assert Alert.objects.get().status == Alert.Status.FIRING


def test_what_is_missing_ends_no_alert() -> None:
    rule = a_rule(for_minutes=0, keep_firing_minutes=2)
    end = watch([BAD, FINE])
    nothing_of_requests(10, end)
    evaluate_due(end + 10 * MINUTE)
    rule.refresh_from_db()
    assert rule.state_text == "Nothing was measured. Alerts that stay open: 1."
    assert Alert.objects.get().status == Alert.Status.FIRING
    watch([FINE, FINE], end + 10 * MINUTE)
    assert Alert.objects.get().status == Alert.Status.RESOLVED


def test_too_few_observations_say_nothing() -> None:
    rule = a_rule(minimum_samples=101)
    watch([BAD] * 5)
    rule.refresh_from_db()
    assert (rule.state, rule.state_text) == (
        State.NO_DATA,
        "100 observations; 101 are needed.",
    )
    assert not Alert.objects.exists()


def test_a_share_of_nothing_is_not_zero() -> None:
    rule = a_rule(condition=AlertRule.Condition.BELOW, measure="cache_hit_rate", critical=None)
    store([minute("cache_lookups", NOON, 0, 0)])
    evaluate_due(NOON + MINUTE)
    rule.refresh_from_db()
    assert (rule.state, rule.state_text) == (State.NO_DATA, "Nothing was observed.")


def test_a_window_whose_newest_minutes_are_missing_says_nothing() -> None:
    rule = a_rule(window_minutes=30, for_minutes=0)
    end = watch([FINE] * 10)
    nothing_of_requests(3, end)
    evaluate_due(end + 2 * MINUTE)
    rule.refresh_from_db()
    assert rule.state == State.OK
    evaluate_due(end + 3 * MINUTE)
    rule.refresh_from_db()
    assert (rule.state, rule.state_text) == (State.NO_DATA, "Nothing was measured.")


def thin(minutes: int, wrong: int, start: datetime) -> datetime:
    """Minutes of five requests each, so many of them wrong; a monitor looks at the end."""
    store([minute("requests", start + n * MINUTE, 5, wrong) for n in range(minutes)])
    evaluate_due(start + minutes * MINUTE)
    return start + minutes * MINUTE


def test_an_alert_ends_when_traffic_is_thin_and_right_for_an_hour() -> None:
    a_rule(for_minutes=0, keep_firing_minutes=5, minimum_samples=50)
    end = thin(60, 0, watch([BAD]))
    assert Alert.objects.get().status == Alert.Status.FIRING
    thin(1, 0, end)
    alert = Alert.objects.get()
    assert alert.status == Alert.Status.RESOLVED
    last = alert.events.last()
    assert last is not None
    assert last.text == "Error rate: right for 1 hour, by fewer observations than are needed."


def test_an_alert_goes_on_while_some_of_what_is_thin_is_wrong() -> None:
    a_rule(for_minutes=0, minimum_samples=50)
    end = watch([BAD])
    for _ in range(4):
        end = thin(1, 1, thin(30, 0, end))
    assert Alert.objects.get().status == Alert.Status.FIRING


def test_of_a_long_window_too_few_must_be_right_for_as_long_as_it_is() -> None:
    a_rule(for_minutes=0, minimum_samples=50, window_minutes=120, warning=0.5, critical=None)
    end = watch([0.9])
    store([minute("requests", end + n * MINUTE, 0, 0) for n in range(120)])
    # From here on the window has a few alone, and all are right.
    start = end + 120 * MINUTE
    store([minute("requests", start + n * MINUTE, int(n % 15 == 0), 0) for n in range(180)])
    evaluate_due(start + 120 * MINUTE)
    assert Alert.objects.get().status == Alert.Status.FIRING
    evaluate_due(start + 121 * MINUTE)
    assert Alert.objects.get().status == Alert.Status.RESOLVED
