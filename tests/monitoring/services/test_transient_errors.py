"""What fails once is done again as soon as it is next due, not when a lease is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from monitoring.models import Alert, AlertRule, MetricSnapshot, Notification
from monitoring.services import alerting, notifications, snapshots
from tests.monitoring.alerts import a_rule, an_alert
from tests.monitoring.snapshots import BAD, HOUR, MINUTE, NOON, errors
from tests.monitoring.webhooks import Hook, a_receiver

pytestmark = pytest.mark.django_db


@contextmanager
def locked(table: str) -> Iterator[None]:
    """Whoever writes to a table finds the database locked."""

    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(f'INSERT INTO "{table}"'):
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse), pytest.raises(OperationalError):
        yield


def test_a_message_is_written_five_seconds_later(hook: Hook) -> None:
    a_receiver(url=hook.url)
    an_alert(started_at=NOON - HOUR, fired_at=NOON - HOUR, wrong_at=NOON - HOUR)
    with locked("monitoring_notification"):
        notifications.deliver(lambda: NOON)
    notifications.deliver(lambda: NOON + notifications.EVERY)
    assert Notification.objects.count() == 1


def test_rules_are_judged_half_a_minute_later() -> None:
    AlertRule.objects.all().delete()
    a_rule(for_minutes=0)
    errors(BAD, NOON)
    with locked("monitoring_alert"):
        alerting.evaluate_due(NOON + MINUTE)
    alerting.evaluate_due(NOON + MINUTE + alerting.EVERY)
    assert Alert.objects.get().status == Alert.Status.FIRING


def test_snapshots_are_taken_ten_seconds_later() -> None:
    snapshots.take_due(NOON + timedelta(seconds=5))
    later = NOON + MINUTE + snapshots.SETTLING
    with locked("monitoring_metricsnapshot"):
        snapshots.take_due(later)
    snapshots.take_due(later + snapshots.EVERY)
    assert MetricSnapshot.objects.filter(at=NOON).exists()
