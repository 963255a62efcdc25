"""Rules and episodes, made by a line."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from monitoring.models import Alert, AlertRule, Notification, Receiver, Silence
from monitoring.services.receivers import request_test
from monitoring.services.silences import silence
from tests.monitoring.webhooks import a_receiver


def a_rule(**fields: Any) -> AlertRule:
    """Errors above 5% warn and above 20% are critical, after two minutes, over after three."""
    defaults = {
        "key": f"rule-{AlertRule.objects.count()}",
        "name": "Errors",
        "measure": "error_rate",
        "condition": AlertRule.Condition.ABOVE,
        "warning": 0.05,
        "critical": 0.2,
        "window_minutes": 1,
        "for_minutes": 2,
        "keep_firing_minutes": 3,
    }
    return AlertRule.objects.create(**{**defaults, **fields})


def an_alert(rule: AlertRule | None = None, **fields: Any) -> Alert:
    """One that fires now."""
    now = timezone.now()
    defaults = {
        "status": Alert.Status.FIRING,
        "severity": "warning",
        "text": "Too many errors.",
        "started_at": now,
        "fired_at": now,
        "wrong_at": now,
    }
    return Alert.objects.create(rule=rule or a_rule(), **{**defaults, **fields})


@dataclass(frozen=True)
class AlertRows:
    """One row of each kind; nothing hangs on the rule and on the receiver."""

    alert: Alert
    rule: AlertRule
    silence: Silence
    receiver: Receiver
    notification: Notification


def make_alert_rows(by: User) -> AlertRows:
    alert = an_alert(a_rule(name="Slow answers"))
    until = timezone.now() + timedelta(hours=1)
    return AlertRows(
        alert=alert,
        rule=a_rule(),
        silence=silence(alert.rule, "", until, "A load test.", by=by),
        receiver=a_receiver(),
        notification=request_test(a_receiver(), by=by),
    )
