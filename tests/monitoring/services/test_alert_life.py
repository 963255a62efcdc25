"""An alert's whole life, as the monitor writes it."""

import pytest

from monitoring.models import Alert, AlertEvent, AlertRule
from monitoring.services.alerting import evaluate_due
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import BAD, FINE, MINUTE, NOON, WORST, errors, watch

pytestmark = pytest.mark.django_db
Status = Alert.Status


@pytest.fixture(autouse=True)
def no_other_rules() -> None:
    AlertRule.objects.all().delete()


def changes(alert: Alert) -> list[tuple[str, str]]:
    return [(event.from_value, event.to_value) for event in alert.events.all()]


def test_what_is_right_makes_no_alert() -> None:
    rule = a_rule()
    watch([FINE] * 3)
    assert not Alert.objects.exists()
    rule.refresh_from_db()
    assert (rule.state, rule.judged_at) == (AlertRule.State.OK, NOON + 3 * MINUTE)


def test_what_is_wrong_is_pending_then_fires_then_is_over() -> None:
    rule = a_rule(for_minutes=2, keep_firing_minutes=3)
    end = watch([FINE, BAD])
    alert = Alert.objects.get()
    assert alert.status == Status.PENDING
    assert alert.started_at == NOON + 2 * MINUTE
    rule.refresh_from_db()
    assert rule.state == AlertRule.State.PENDING

    end = watch([BAD, BAD], end)
    alert.refresh_from_db()
    assert (alert.status, alert.severity) == (Status.FIRING, "warning")
    assert alert.fired_at == NOON + 4 * MINUTE
    assert alert.text == "Error rate: 10%, above 5% over 1 minute."
    rule.refresh_from_db()
    assert rule.state == AlertRule.State.FIRING

    end = watch([FINE] * 3, end)
    alert.refresh_from_db()
    assert alert.status == Status.FIRING
    assert alert.value == 0
    watch([FINE], end)
    alert.refresh_from_db()
    assert alert.status == Status.RESOLVED
    assert alert.resolved_at == NOON + 8 * MINUTE
    assert changes(alert) == [("", "pending"), ("pending", "firing"), ("firing", "resolved")]
    rule.refresh_from_db()
    assert rule.state == AlertRule.State.OK


def test_what_was_seen_as_it_began_to_fire_is_kept() -> None:
    a_rule(for_minutes=1)
    end = watch([FINE, BAD, BAD])
    alert = Alert.objects.get()
    seen = alert.evidence
    assert seen["measure"] == "error_rate"
    assert (seen["value"], seen["warning"], seen["critical"]) == (BAD, 0.05, 0.2)
    assert (seen["samples"], seen["window_minutes"]) == (100, 1)
    assert [point["value"] for point in seen["points"]] == [FINE, BAD, BAD]
    # The test database's versions were made after this time.
    assert seen["version"] == ""
    watch([WORST] * 3 + [FINE] * 5, end)
    alert.refresh_from_db()
    assert alert.evidence == seen


def test_one_that_gets_critical_is_the_same_episode() -> None:
    a_rule(for_minutes=1)
    watch([BAD, BAD, WORST, WORST, BAD])
    alert = Alert.objects.get()
    assert (alert.status, alert.severity) == (Status.FIRING, "critical")
    assert alert.text == "Error rate: 50%, above 20% over 1 minute."
    assert changes(alert) == [("", "pending"), ("pending", "firing"), ("warning", "critical")]


def test_a_moment_that_is_critical_does_not_make_a_warning_critical() -> None:
    a_rule(for_minutes=2)
    watch([BAD, BAD, BAD, WORST, BAD])
    assert Alert.objects.get().severity == "warning"


def test_one_that_wavers_is_one_episode_while_it_is_not_over() -> None:
    a_rule(for_minutes=0, keep_firing_minutes=3)
    watch([BAD, FINE, FINE, BAD, FINE, FINE, FINE])
    assert Alert.objects.get().status == Status.FIRING


def test_the_next_time_is_an_episode_of_its_own() -> None:
    a_rule(for_minutes=0, keep_firing_minutes=0)
    watch([BAD, FINE, BAD])
    statuses = list(Alert.objects.order_by("id").values_list("status", flat=True))
    assert statuses == [Status.RESOLVED, Status.FIRING]


def test_what_was_wrong_too_shortly_never_fired_and_fills_no_table() -> None:
    a_rule(for_minutes=2)
    watch([BAD, FINE] * 30)
    assert not Alert.objects.exclude(status=Status.RESOLVED, fired_at=None).exists()
    assert Alert.objects.count() == 20
    assert AlertEvent.objects.count() == 40


def test_a_look_at_the_same_minute_changes_nothing() -> None:
    a_rule(for_minutes=1)
    errors(BAD, NOON)
    for seconds in (60, 90, 120):
        evaluate_due(NOON + seconds * MINUTE / 60)
    assert Alert.objects.get().status == Status.PENDING
    assert AlertEvent.objects.count() == 1


def test_a_rule_that_is_switched_off_ends_its_episode_and_says_why() -> None:
    rule = a_rule(for_minutes=0)
    end = watch([BAD])
    AlertRule.objects.update(is_enabled=False)
    evaluate_due(end + MINUTE)
    alert = Alert.objects.get()
    assert alert.status == Status.RESOLVED
    last = alert.events.last()
    assert last is not None
    assert (last.to_value, last.text) == ("resolved", "The rule was switched off.")
    rule.refresh_from_db()
    assert rule.state == AlertRule.State.NEVER


def test_what_a_rule_says_is_no_change_of_it() -> None:
    rule = a_rule(for_minutes=0)
    watch([BAD, FINE, BAD])
    assert rule.history.count() == 1
