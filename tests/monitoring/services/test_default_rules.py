"""The rules that every installation has find what is wrong, and leave a quiet site alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module

import numpy as np
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from classifier.metrics import BUCKETS
from monitoring.models import Alert, AlertRule, MetricSnapshot
from monitoring.runbooks import read_runbooks, section_of
from monitoring.services.alerting import evaluate_due
from tests.monitoring.alerts import an_alert
from tests.monitoring.snapshots import HOUR, MINUTE, NOON, Resolution, minute, store

pytestmark = pytest.mark.django_db
migration = import_module("monitoring.migrations.0002_default_rules")
OPERATIONS = settings.BASE_DIR / "docs" / "operations.md"
MIDNIGHT = NOON + 12 * HOUR
DAYS = 30


def history(of: Resolution, start: datetime, end: datetime, per_hour: float) -> None:
    """A healthy site: at night a tenth of the traffic, few errors, some answers of level low."""
    length = MINUTE if of == Resolution.MINUTE else HOUR
    dice = np.random.default_rng(20)

    def rows() -> Iterator[MetricSnapshot]:
        at = start
        while at < end:
            share = 1.0 if 7 <= at.hour < 22 else 0.1
            made = int(dice.poisson(per_hour * share * (length / HOUR)))
            yield from site(at, of, made, dice)
            at += length

    store(rows())


def site(
    at: datetime, of: Resolution, made: int, dice: np.random.Generator
) -> Iterator[MetricSnapshot]:
    looks = 1 if of == Resolution.MINUTE else 60
    quick = [0] * (len(BUCKETS) + 1)
    quick[3] = made
    seen = {
        "predictions": (made, made),
        "low_level": (made, dice.binomial(made, 0.15)),
        "abstentions": (made, dice.binomial(made, 0.05)),
        "accuracy_feedback": (0, 0),
        "accuracy_audit": (0, 0),
        "requests": (made, dice.binomial(made, 0.001)),
        "request_seconds": (made, made * 0.02),
        "cache_lookups": (made, dice.binomial(made, 0.6)),
        "engine_fallbacks": (looks, 0),
        "cpu": (looks, looks * (2 + dice.random())),
        "memory": (looks, looks * 2**30),
        "processes": (looks, looks * 3),
        "queue_age": (looks, dice.random() * looks),
        "queue_depth": (looks, 0),
        "worker_silence": (looks, looks * 10 * dice.random()),
        "version_skew": (looks, 0),
        "guardrail_stops": (looks, 0),
        "failed_jobs": (looks, 0),
        "disk_free": (looks, looks * 0.6),
    }
    for series, (count, total) in seen.items():
        histogram = quick if series == "request_seconds" else None
        yield minute(series, at, count, float(total), resolution=of, histogram=histogram)
    for process in ("web a/1", "worker a/2"):
        size = looks * 2**29
        yield minute("memory", at, looks, size, by="process", label=process, resolution=of)


def judge_day() -> None:
    """As after a pause of a day: the same minutes as without."""
    AlertRule.objects.update(judged_at=MIDNIGHT - 24 * HOUR, state=AlertRule.State.OK)
    evaluate_due(MIDNIGHT)


@pytest.mark.parametrize("per_hour", [3, 300, 30_000])
def test_a_day_of_a_healthy_site_makes_no_alert(per_hour: int) -> None:
    history(Resolution.HOUR, MIDNIGHT - DAYS * 24 * HOUR, MIDNIGHT, per_hour)
    history(Resolution.MINUTE, MIDNIGHT - 25 * HOUR, MIDNIGHT, per_hour)
    judge_day()
    assert list(Alert.objects.exclude(fired_at=None).values_list("text", flat=True)) == []
    assert not AlertRule.objects.filter(state__in=["broken", "never"]).exists()


def test_the_first_day_of_a_site_makes_no_alert() -> None:
    history(Resolution.MINUTE, MIDNIGHT - 24 * HOUR, MIDNIGHT, 30)
    history(Resolution.HOUR, MIDNIGHT - 24 * HOUR, MIDNIGHT, 30)
    judge_day()
    assert not Alert.objects.exists()
    rule = AlertRule.objects.get(key="throughput-drop")
    assert rule.state_text == "There is too little of the past to learn thresholds from."


def test_a_new_site_without_any_traffic_makes_no_alert() -> None:
    history(Resolution.MINUTE, MIDNIGHT - HOUR, MIDNIGHT, 0)
    judge_day()
    assert not Alert.objects.exists()


def test_traffic_that_stops_at_noon_is_found_within_the_hour() -> None:
    history(Resolution.HOUR, MIDNIGHT - DAYS * 24 * HOUR, MIDNIGHT, 3000)
    history(Resolution.MINUTE, MIDNIGHT - 25 * HOUR, NOON, 3000)
    history(Resolution.MINUTE, NOON, NOON + 2 * HOUR, 0)
    AlertRule.objects.update(judged_at=NOON - 12 * HOUR, state=AlertRule.State.OK)
    evaluate_due(NOON + 2 * HOUR)
    alert = Alert.objects.exclude(fired_at=None).get()
    assert alert.rule.key == "throughput-drop"
    assert alert.severity == "critical"
    assert alert.fired_at is not None
    assert alert.fired_at - NOON < timedelta(hours=1)
    assert "learned from 4 hours" in alert.text
    assert alert.evidence["reference"]["count"] == 4


def test_traffic_that_stops_is_found_where_hours_vary_by_a_third() -> None:
    dice = np.random.default_rng(20)
    hours = [NOON - number * HOUR for number in range(1, DAYS * 24)]
    store(
        minute("predictions", at, made, made, resolution=Resolution.HOUR)
        for at, made in zip(hours, dice.gamma(9, 400, len(hours)).astype(int).tolist(), strict=True)
    )
    store(minute("predictions", NOON - number * MINUTE, 0, 0) for number in range(1, 120))
    AlertRule.objects.update(judged_at=NOON - HOUR, state=AlertRule.State.OK)
    evaluate_due(NOON)
    (alert,) = Alert.objects.firing()
    assert (alert.rule.key, alert.severity) == ("throughput-drop", "critical")


def test_every_default_rule_can_be_judged_and_saved() -> None:
    rules = list(AlertRule.objects.filter(is_builtin=True))
    assert len(rules) == len(migration.RULES)
    for rule in rules:
        rule.full_clean()


def test_every_default_rule_has_a_runbook_and_a_line_in_the_table() -> None:
    rules, table = AlertRule.objects.filter(is_builtin=True), OPERATIONS.read_text()
    for rule in rules:
        section = section_of(rule.runbook_url)
        assert section is not None
        assert section.anchor == rule.key
        assert f"| {rule.name} |" in table


def test_every_section_of_the_runbooks_is_of_a_default_rule_or_says_how_to() -> None:
    runbooks = read_runbooks()
    assert runbooks is not None
    keys = set(AlertRule.objects.filter(is_builtin=True).values_list("key", flat=True))
    others = [each.anchor for each in runbooks.sections if each.anchor not in keys]
    assert all(anchor.startswith("how-to-") for anchor in others)


def test_the_rules_can_be_taken_back_save_those_that_had_alerts() -> None:
    an_alert(AlertRule.objects.get(key="disk-free"))
    editor = connection.schema_editor()
    migration.remove_rules(apps, editor)
    assert [rule.key for rule in AlertRule.objects.all()] == ["disk-free"]
    migration.add_rules(apps, editor)
    migration.add_rules(apps, editor)
    assert AlertRule.objects.count() == len(migration.RULES)
