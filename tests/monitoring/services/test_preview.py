"""A rule is tried on the past before it is saved."""

import random
from datetime import datetime, timedelta

import pytest

from monitoring.models import Alert, AlertRule
from monitoring.services.preview import MOST_POINTS, preview
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import (
    BAD,
    FINE,
    HOUR,
    MINUTE,
    NOON,
    WORST,
    minute,
    miss,
    store,
    watch,
)

pytestmark = pytest.mark.django_db


def unsaved(**fields: object) -> AlertRule:
    defaults = {
        "measure": "error_rate",
        "condition": "above",
        "warning": 0.05,
        "critical": 0.2,
        "window_minutes": 1,
        "for_minutes": 2,
        "keep_firing_minutes": 3,
    }
    return AlertRule(**{**defaults, **fields})


def test_it_says_how_often_it_would_have_fired() -> None:
    end = miss([BAD] * 5 + [FINE] * 10 + [WORST] * 5 + [FINE] * 10 + [BAD] * 2 + [FINE])
    seen = preview(unsaved(), now=end)
    assert seen.text == "Would have fired 2 times in the last 14 days."
    assert [(each.fired_at is not None, each.severity) for each in seen.episodes] == [
        (True, "warning"),
        (True, "critical"),
        (False, "warning"),
    ]
    assert seen.episodes[0].fired_at == NOON + 3 * MINUTE
    assert seen.fired == 2
    assert not Alert.objects.exists()
    assert not AlertRule.objects.filter(key="").exists()


def test_its_episodes_are_those_that_alerts_would_have_had() -> None:
    AlertRule.objects.all().delete()
    chance = random.Random(5)
    kinds = [FINE, BAD, WORST, None]
    shares = [kind for _ in range(25) for kind in [chance.choice(kinds)] * chance.randint(1, 8)]
    rule = a_rule(for_minutes=2, keep_firing_minutes=3)
    end = watch(shares)
    seen = preview(rule, now=end).episodes
    assert len(seen) > 4
    columns = ("started_at", "fired_at", "resolved_at", "severity")
    alerts = Alert.objects.order_by("pk").values_list(*columns)
    assert [tuple(getattr(each, name) for name in columns) for each in seen] == list(alerts)


def test_points_and_thresholds_are_those_that_were_judged() -> None:
    end = miss([FINE, BAD, None, FINE])
    seen = preview(unsaved(), now=end)
    assert [point.value for point in seen.points] == [FINE, BAD, None, FINE]
    assert seen.warning == (0.05, 0.05, None, 0.05)
    assert seen.critical == (0.2, 0.2, None, 0.2)
    assert seen.missing == 0.25
    assert seen.text.endswith("Nothing can be said of 25% of that time.")


def test_a_chart_of_two_weeks_shows_the_worst_of_each_stretch() -> None:
    shares = [FINE] * 3000
    shares[1234] = WORST
    end = miss(shares)
    seen = preview(unsaved(for_minutes=0), now=end)
    assert len(seen.points) <= MOST_POINTS
    assert max(point.value or 0 for point in seen.points) == WORST
    assert seen.text == "Would have fired once in the last 14 days."


def test_each_label_is_judged_and_that_with_most_alerts_is_shown() -> None:
    for number, bad in enumerate((BAD, BAD, FINE)):
        at = NOON + number * MINUTE
        store(
            [
                minute("abstentions", at, 200, 100 * bad),
                minute("abstentions", at, 100, 0, by="version", label="v1"),
                minute("abstentions", at, 100, 100 * bad, by="version", label="v2"),
            ]
        )
    rule = unsaved(measure="abstention_share", by="version", for_minutes=1)
    seen = preview(rule, now=NOON + 3 * MINUTE)
    assert (seen.label, seen.fired) == ("v2", 1)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"measure": "gone"}, "There is no measure “gone”."),
        ({"warning": None, "critical": None}, "It has no threshold."),
        ({"by": "kind"}, "“Error rate” is not split by kind."),
        ({"warning": float("nan")}, "It has no threshold."),
        ({"minimum_samples": 1000}, "Nothing can be said of the last 14 days. 100 observ"),
    ],
)
def test_what_cannot_be_judged_says_why(fields: dict[str, object], says: str) -> None:
    end = miss([FINE] * 3)
    seen = preview(unsaved(**fields), now=end)
    assert seen.text.startswith(says)
    assert seen.missing == 1


def test_without_snapshots_there_is_nothing_to_look_back_at() -> None:
    assert preview(unsaved()).text == "No snapshot was taken yet."


def test_what_is_learned_is_learned_anew_for_each_hour() -> None:
    def traffic(at: datetime) -> int:
        return 600 if 8 <= at.hour < 20 else 60

    start = NOON - timedelta(days=29)
    hours = [start + number * HOUR for number in range(29 * 24)]
    store(
        minute(
            "predictions",
            at,
            60 * traffic(at),
            60 * traffic(at),
            resolution="hour",  # type: ignore[arg-type]
        )
        for at in hours
    )
    # A night as ever, and a day at which only as many come as at night.
    minutes = [NOON - 12 * HOUR + number * MINUTE for number in range(12 * 60)]
    store(minute("predictions", at, 60, 60) for at in minutes)
    rule = unsaved(
        measure="throughput",
        condition="below",
        thresholds="learned",
        warning=4,
        critical=None,
        window_minutes=10,
        for_minutes=10,
        reference_days=28,
    )
    seen = preview(rule, days=1, now=NOON)
    assert seen.fired == 1
    fired_at = seen.episodes[0].fired_at
    assert fired_at is not None
    assert (fired_at.hour, fired_at.minute) in {(8, 15), (8, 16), (8, 17)}
