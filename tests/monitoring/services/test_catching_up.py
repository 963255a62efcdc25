"""What happened while nobody looked is found afterwards, once."""

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from monitoring.exceptions import TurnLostError
from monitoring.models import Alert, AlertEvent, AlertRule, MetricSnapshot, Turn
from monitoring.services.alerting import EVERY, evaluate_due, judge, store
from monitoring.services.turns import LEASE, take
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import BAD, FINE, HOUR, MINUTE, NOON, WORST, errors, miss, watch
from tests.races import race

pytestmark = pytest.mark.django_db
COLUMNS = ("status", "severity", "started_at", "fired_at", "wrong_at", "resolved_at", "text")


@pytest.fixture(autouse=True)
def no_other_rules() -> None:
    AlertRule.objects.all().delete()


def told() -> list[tuple[object, ...]]:
    """All that is known of episodes."""
    alerts = Alert.objects.order_by("started_at")
    return [
        *alerts.values_list(*COLUMNS),
        *AlertEvent.objects.order_by("created_at", "id").values_list(
            "kind", "from_value", "to_value", "text", "created_at"
        ),
    ]


def test_an_episode_of_the_pause_is_there_once() -> None:
    a_rule()
    end = watch([FINE])
    end = miss([BAD] * 10 + [FINE] * 50, end)
    evaluate_due(end)
    alert = Alert.objects.get()
    assert alert.fired_at == NOON + 4 * MINUTE
    assert alert.resolved_at == NOON + 15 * MINUTE
    assert alert.evidence["value"] == BAD
    evaluate_due(end + EVERY)
    evaluate_due(end + 2 * EVERY)
    assert Alert.objects.count() == 1
    assert AlertEvent.objects.count() == 3


def test_it_is_as_if_there_had_been_no_pause() -> None:
    shares = [FINE, BAD, FINE] + [BAD] * 4 + [None] * 3 + [WORST] * 4 + [FINE] * 6 + [BAD] * 5
    a_rule()
    watch(shares)
    expected = told()
    Alert.objects.all().delete()
    AlertRule.objects.update(state="ok", judged_at=NOON)
    Turn.objects.all().delete()
    evaluate_due(NOON + len(shares) * MINUTE)
    assert told() == expected


def test_what_lies_further_back_than_a_day_is_not_judged() -> None:
    a_rule(for_minutes=0, keep_firing_minutes=0)
    end = watch([FINE])
    errors(BAD, end)
    later = end + 25 * HOUR
    errors(BAD, later - 23 * HOUR)
    miss([FINE], later)
    evaluate_due(later + MINUTE)
    assert Alert.objects.get().started_at == later - 23 * HOUR + MINUTE


def test_a_rule_that_is_new_is_not_judged_by_what_was_before_it() -> None:
    end = miss([WORST] * 30 + [FINE])
    a_rule(for_minutes=0)
    evaluate_due(end)
    assert not Alert.objects.exists()


def test_who_was_paused_beyond_its_lease_stores_nothing() -> None:
    a_rule(for_minutes=0)
    end = watch([FINE])
    errors(BAD, end)
    paused = take("alerts", EVERY, end + MINUTE)
    assert paused is not None
    late = judge(paused)
    end = miss([FINE] * 5, end + MINUTE)
    evaluate_due(end + LEASE)
    stored = told()
    assert len(stored) == 4
    with pytest.raises(TurnLostError):
        store(late)
    assert told() == stored
    assert AlertRule.objects.get().judged_at == end


def test_a_turn_that_fails_stores_nothing_and_the_next_goes_on() -> None:
    a_rule(for_minutes=0)
    end = watch([FINE])
    errors(BAD, end)
    held = take("alerts", EVERY, end + MINUTE)
    assert held is not None
    judged = judge(held)
    # The last row that it writes cannot be stored.
    Turn.objects.all().delete()
    with pytest.raises(TurnLostError):
        store(judged)
    assert not Alert.objects.exists()
    assert AlertRule.objects.get().judged_at == end
    evaluate_due(end + MINUTE)
    assert Alert.objects.get().started_at == end + MINUTE


@pytest.mark.parametrize("back", [timedelta(minutes=3), HOUR])
def test_a_clock_that_is_set_back_makes_no_second_alert_and_no_negative_time(
    back: timedelta,
) -> None:
    a_rule(for_minutes=0, keep_firing_minutes=1)
    end = watch([FINE, BAD, BAD])
    # Snapshots of what lies ahead are deleted as the clock is set back.
    MetricSnapshot.objects.filter(at__gte=end - back).delete()
    watch([BAD, BAD, FINE, FINE, FINE, FINE, FINE, FINE, FINE], end - back)
    alert = Alert.objects.get()
    assert alert.status == Alert.Status.RESOLVED
    assert alert.fired_at is not None
    assert alert.resolved_at is not None
    assert alert.started_at <= alert.fired_at <= alert.wrong_at <= alert.resolved_at


def test_judging_asks_no_more_queries_where_there_are_more_rules(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(40):
        a_rule(window_minutes=1 + number, for_minutes=3)
    end = watch([FINE, FINE])
    errors(FINE, end)
    with django_assert_max_num_queries(20):
        evaluate_due(end + MINUTE)
    assert AlertRule.objects.filter(judged_at=end + MINUTE).count() == 40


SCRIPT = """
from monitoring.models import *
from monitoring.services.alerting import evaluate_due

AlertRule.objects.all().delete()
rule = AlertRule.objects.create(
    key="r", name="R", measure="error_rate", condition="above", warning=0.05, window_minutes=1,
    for_minutes=0, keep_firing_minutes=0,
)
now = timezone.now().replace(second=0, microsecond=0)
for back, total in ((3, 0), (2, 50), (1, 0)):
    MetricSnapshot.objects.create(
        series="requests", resolution="minute", at=now - timedelta(minutes=back), count=100,
        total=total, seconds=60,
    )
AlertRule.objects.update(judged_at=now - timedelta(minutes=3), state="ok")
at_once(lambda number: evaluate_due(now))
result["alerts"] = Alert.objects.count()
result["events"] = AlertEvent.objects.count()
result["resolved"] = Alert.objects.filter(status="resolved").count()
"""


def test_four_that_judge_at_once_tell_once(tmp_path: Path) -> None:
    assert race(tmp_path, SCRIPT) == {"alerts": 1, "events": 3, "resolved": 1}
