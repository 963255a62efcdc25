"""A learned threshold follows the hour of the week, and bears what a quiet window varies."""

from datetime import datetime

import pytest

from monitoring.models import Alert, AlertRule
from monitoring.services.alerting import evaluate_due
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import HOUR, MINUTE, NOON, Resolution, minute, store

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_other_rules() -> None:
    AlertRule.objects.all().delete()


@pytest.fixture
def rule() -> AlertRule:
    """Of abstentions: by day always 5% of 3,000 an hour, and by night 20%."""
    for number in range(1, 29 * 24 + 1):
        at = NOON - number * HOUR
        abstained = 150 if 8 <= at.hour < 20 else 600
        store([minute("abstentions", at, 3000, abstained, resolution=Resolution.HOUR)])
    return a_rule(
        measure="abstention_share", thresholds="learned", warning=4, critical=None, for_minutes=0
    )


def looked_at(count: int, share: float, at: datetime = NOON) -> bool:
    """Whether such a minute fires."""
    store([minute("abstentions", at, count, count * share)])
    evaluate_due(at + MINUTE)
    return Alert.objects.firing().exists()


def test_what_is_usual_at_night_is_wrong_by_day(rule: AlertRule) -> None:
    assert not looked_at(3000, 0.2, NOON - 10 * HOUR)
    assert looked_at(3000, 0.2)
    assert "(learned from 4 hours: 5% ± 0.5%)" in Alert.objects.get().text


def test_a_share_of_few_may_lie_further_from_the_mean(rule: AlertRule) -> None:
    assert not looked_at(200, 0.08)
    assert looked_at(3000, 0.08, NOON + MINUTE)
