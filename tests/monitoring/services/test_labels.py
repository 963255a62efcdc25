"""Each label of a split has an alert of its own, and there are not too many of them."""

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from monitoring.models import Alert, AlertRule, MetricSnapshot
from monitoring.services.alerting import evaluate_due
from monitoring.services.stretches import MAX_LABELS
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import HOUR, MINUTE, NOON, Resolution, minute, store

pytestmark = pytest.mark.django_db
GIB = 2**30


@pytest.fixture(autouse=True)
def no_other_rules() -> None:
    AlertRule.objects.all().delete()


def memory_rule(**fields: object) -> AlertRule:
    defaults = {
        "measure": "memory",
        "by": "process",
        "warning": GIB,
        "critical": None,
        "for_minutes": 0,
        "keep_firing_minutes": 1,
    }
    return a_rule(**{**defaults, **fields})


def memory(at: datetime, **sizes: float) -> None:
    """In GiB, by process."""
    store(
        [
            minute("memory", at, 1, sum(sizes.values()) * GIB),
            *(minute("memory", at, 1, size * GIB, by="process", label=name)
              for name, size in sizes.items()),
        ]
    )  # fmt: skip


def firing() -> list[str]:
    return sorted(Alert.objects.firing().values_list("label", flat=True))


def test_each_label_has_its_own() -> None:
    rule = memory_rule()
    memory(NOON, a=2, b=0.5, c=3)
    evaluate_due(NOON + MINUTE)
    assert firing() == ["a", "c"]
    rule.refresh_from_db()
    assert (rule.state, rule.state_text) == (AlertRule.State.FIRING, "a, c")
    assert Alert.objects.get(label="a").text.startswith("Memory of a: 2,048 MiB, above 1,024 MiB")


def test_a_rule_of_one_label_sees_no_other() -> None:
    memory_rule(label="b")
    memory(NOON, a=2, b=0.5)
    evaluate_due(NOON + MINUTE)
    assert firing() == []


def test_a_label_that_is_gone_is_wrong_no_more() -> None:
    memory_rule()
    memory(NOON, a=2, b=0.5)
    evaluate_due(NOON + MINUTE)
    for number in (1, 2, 3):
        memory(NOON + number * MINUTE, b=0.5)
        evaluate_due(NOON + (number + 1) * MINUTE)
    alert = Alert.objects.get()
    assert alert.status == Alert.Status.RESOLVED
    last = alert.events.last()
    assert last is not None
    assert last.text == "Memory of a is not seen any more."


def test_drift_of_a_version_that_is_gone_is_over_and_what_is_not_measured_is_missing() -> None:
    a_rule(measure="drift", by="kind", warning=1, critical=2, for_minutes=0)
    store([minute("drift", NOON, 1, 2.5, by="kind", label="confidence")])
    evaluate_due(NOON + MINUTE)
    store([minute("predictions", NOON + n * MINUTE, 9, 9) for n in range(1, 20)])
    evaluate_due(NOON + 20 * MINUTE)
    assert firing() == ["confidence"]
    # Of another version nothing was measured yet.
    store([minute("drift", NOON + n * MINUTE, 0, 0) for n in range(20, 25)])
    evaluate_due(NOON + 25 * MINUTE)
    assert firing() == []


def test_labels_that_are_all_gone_are_missing() -> None:
    rule = memory_rule()
    memory(NOON, a=2)
    evaluate_due(NOON + MINUTE)
    for number in range(1, 6):
        store([minute("predictions", NOON + number * MINUTE, 0, 0)])
        evaluate_due(NOON + (number + 1) * MINUTE)
    assert firing() == ["a"]
    rule.refresh_from_db()
    assert rule.state == AlertRule.State.NO_DATA


def test_a_rule_that_judges_other_labels_now_ends_those_of_before() -> None:
    rule = memory_rule()
    memory(NOON, a=2)
    evaluate_due(NOON + MINUTE)
    AlertRule.objects.filter(pk=rule.pk).update(label="b")
    memory(NOON + MINUTE, a=2, b=0.1)
    evaluate_due(NOON + 2 * MINUTE)
    alert = Alert.objects.get()
    assert alert.status == Alert.Status.RESOLVED
    assert alert.events.filter(text="The rule does not judge this label any more.").exists()


def test_too_many_labels_are_not_judged_and_hold_up_nobody() -> None:
    rule, other = memory_rule(), memory_rule(by="")
    memory(NOON, a=2)
    evaluate_due(NOON + MINUTE)
    memory(NOON + MINUTE, **{f"p{number}": 2 for number in range(MAX_LABELS + 1)})
    evaluate_due(NOON + 2 * MINUTE)
    rule.refresh_from_db()
    other.refresh_from_db()
    assert rule.state == AlertRule.State.BROKEN
    assert rule.state_text.startswith(f"More than {MAX_LABELS} labels")
    assert other.state == AlertRule.State.FIRING
    assert firing() == ["", "a"]


def test_a_rule_of_one_label_is_judged_whatever_a_rule_of_all_can_be() -> None:
    named, of_all = memory_rule(label="p7"), memory_rule()
    memory(NOON, **{f"p{number}": 2 for number in range(MAX_LABELS + 1)})
    evaluate_due(NOON + MINUTE)
    for rule in (named, of_all):
        rule.refresh_from_db()
    assert (of_all.state, named.state) == (AlertRule.State.BROKEN, AlertRule.State.FIRING)
    assert firing() == ["p7"]


def test_more_rules_of_one_label_than_may_be_judged_of_all_are_judged(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(MAX_LABELS + 1):
        memory_rule(label=f"p{number}")
    memory(NOON, **{f"p{number}": 0.5 for number in range(MAX_LABELS + 1)})
    with django_assert_max_num_queries(20):
        evaluate_due(NOON + MINUTE)
    assert set(AlertRule.objects.values_list("state", flat=True)) == {AlertRule.State.OK}


def test_many_labels_ask_no_more_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    """Rows are written some dozens at a time."""
    memory_rule()
    memory(NOON, **{f"p{number}": 2 for number in range(150)})
    with django_assert_max_num_queries(30):
        evaluate_due(NOON + MINUTE)
    assert len(firing()) == 150
    memory(NOON + MINUTE, **{f"p{number}": 2 for number in range(150)})
    with django_assert_max_num_queries(20):
        evaluate_due(NOON + 2 * MINUTE)


def test_what_is_split_by_category_is_judged_by_the_hour() -> None:
    a_rule(
        measure="low_confidence_share",
        by="category",
        warning=0.5,
        critical=None,
        window_minutes=60,
        for_minutes=0,
    )
    for start, low in ((NOON - HOUR, 80), (NOON, 10)):
        store(
            [
                minute("low_level", start, 200, low, resolution=Resolution.HOUR),
                minute("low_level", start, 100, low, resolution=Resolution.HOUR, by="category",
                       label="food"),
            ]
        )  # fmt: skip
    MetricSnapshot.objects.filter(at=NOON).delete()
    store([minute("predictions", NOON + 5 * MINUTE, 0, 0)])
    evaluate_due(NOON + 6 * MINUTE)
    assert firing() == ["food"]
    assert Alert.objects.get().value == 0.8


def test_a_long_window_adds_hours_and_the_minutes_that_are_not_an_hour_yet() -> None:
    a_rule(window_minutes=5 * 60, for_minutes=0, warning=0.05, critical=None)
    store(
        minute("requests", NOON - number * HOUR, 1000, 40, resolution=Resolution.HOUR)
        for number in range(1, 7)
    )
    # Minutes of an hour that is over are in its hour.
    store([minute("requests", NOON - MINUTE, 1000, 1000)])
    store([minute("requests", NOON, 1000, 400)])
    evaluate_due(NOON + MINUTE)
    alert = Alert.objects.get()
    # Those from seven o'clock on: the hour in which the window begins is summed whole.
    assert alert.value == pytest.approx((5 * 40 + 400) / 6000)
