"""Rules and episodes, made by a line."""

from typing import Any

from django.utils import timezone

from monitoring.models import Alert, AlertRule


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
