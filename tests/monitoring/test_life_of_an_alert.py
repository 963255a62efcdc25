"""An alert's whole life, as a receiver of webhooks hears it."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User

from monitoring.models import Alert, AlertRule, Notification
from monitoring.services.alerting import evaluate_due
from monitoring.services.episodes import acknowledge
from monitoring.services.notifications import deliver
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import BAD, FINE, MINUTE, NOON, WORST, errors
from tests.monitoring.webhooks import SECRET, Hook, a_receiver, answering, is_signed


@pytest.fixture(autouse=True)
def _no_other_rules(db: None) -> None:
    AlertRule.objects.all().delete()


class Site:
    """A monitor and a notifier that look after each minute."""

    def __init__(self) -> None:
        self.now: datetime = NOON

    def pass_minutes(self, *shares: float) -> None:
        """Each with such a share of errors."""
        for share in shares:
            errors(share, self.now)
            self.now += MINUTE
            evaluate_due(self.now)
            deliver(lambda: self.now)


def heard(hook: Hook) -> list[tuple[Any, ...]]:
    assert all(is_signed(each, SECRET) for each in hook.heard)
    return [
        (each.document["kind"], alert["status"], alert["severity"], alert["text"])
        for each in hook.heard
        for alert in each.document["alerts"]
    ]


def test_it_is_pending_fires_is_heard_acknowledged_resolved_and_heard_again(
    hook: Hook, admin_user: User
) -> None:
    rule = a_rule(for_minutes=2, keep_firing_minutes=3)
    a_receiver(hook.url, repeat_minutes=5)
    site = Site()
    site.pass_minutes(FINE, FINE)
    assert not Alert.objects.exists()

    site.pass_minutes(BAD)
    assert Alert.objects.get().status == "pending"
    assert hook.heard == []

    site.pass_minutes(BAD, BAD)
    alert = Alert.objects.get()
    assert alert.status == "firing"
    assert heard(hook) == [("alerts", "firing", "warning", alert.text)]
    assert "10%, above 5% over 1 minute" in alert.text

    site.pass_minutes(*[WORST] * 3)
    alert.refresh_from_db()
    assert heard(hook)[1:] == [("alerts", "firing", "critical", alert.text)]

    site.pass_minutes(*[WORST] * 5)
    assert [kind for kind, *_ in heard(hook)] == ["alerts", "alerts", "repeat"]

    acknowledge(alert, admin_user, "I look.")
    site.pass_minutes(*[WORST] * 10)
    assert len(hook.heard) == 3

    site.pass_minutes(*[FINE] * 2)
    assert len(hook.heard) == 3
    site.pass_minutes(*[FINE] * 2)
    alert.refresh_from_db()
    assert alert.status == "resolved"
    assert heard(hook)[3:] == [("alerts", "resolved", "critical", alert.text)]

    site.pass_minutes(*[FINE] * 10)
    assert len(hook.heard) == 4
    assert Notification.objects.filter(status="sent").count() == 4
    steps = alert.events.values_list("kind", "to_value")
    assert list(steps) == [
        ("status", "pending"),
        ("status", "firing"),
        ("severity", "critical"),
        ("acknowledged", ""),
        ("status", "resolved"),
    ]
    rule.refresh_from_db()
    assert rule.state == "ok"


def test_a_receiver_that_is_away_hears_nothing_of_what_began_and_ended_meanwhile(
    hook: Hook,
) -> None:
    a_rule(for_minutes=0, keep_firing_minutes=1)
    a_receiver(hook.url)
    site = Site()
    hook.behave = answering(503)
    site.pass_minutes(FINE, BAD)
    first = len(hook.heard)
    assert first == 1
    site.pass_minutes(FINE, FINE)
    hook.behave = answering(200)
    hook.heard.clear()
    site.pass_minutes(*[FINE] * 10)
    assert hook.heard == []


def test_one_that_never_says_what_it_heard_is_told_that_it_is_over(hook: Hook) -> None:
    a_rule(for_minutes=0, keep_firing_minutes=1)
    a_receiver(hook.url)
    site = Site()
    hook.behave = lambda handler: None
    site.pass_minutes(FINE, BAD)
    assert len(hook.heard) == 1
    site.pass_minutes(FINE, FINE)
    hook.behave = answering(200)
    hook.heard.clear()
    site.pass_minutes(*[FINE] * 10)
    assert [(status, severity) for _, status, severity, _ in heard(hook)] == [
        ("resolved", "warning")
    ]
