"""Each guard rail of an experiment that is passed is an alert which says what was seen."""

from datetime import datetime

import pytest
from django.utils import timezone

from classifier.models import ModelVersion
from experiments.models import Experiment, GuardrailAlert
from experiments.services.lifecycle import pause, stop
from monitoring.models import Alert, AlertRule, MetricSnapshot
from tests.experiments.reports import estimate_json, make_running
from tests.monitoring.snapshots import look

pytestmark = pytest.mark.django_db
LATENCY = "new-head/candidate/latency-mean"


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def experiment(active_version: ModelVersion) -> Experiment:
    return make_running("new-head")


def breach(experiment: Experiment, at: datetime, text: str = "It is 20% slower.") -> GuardrailAlert:
    alert = GuardrailAlert.objects.create(
        guardrail=experiment.guardrails.get(),
        variant=experiment.variants.get(is_control=False),
        action="stop",
        text=text,
        evidence=estimate_json(),
    )
    GuardrailAlert.objects.filter(pk=alert.pk).update(created_at=at)
    return alert


def statuses() -> list[tuple[str, str]]:
    """Of alerts, with their labels, as they began."""
    return list(Alert.objects.order_by("id").values_list("label", "status"))


def test_it_names_the_guard_rail_and_what_was_seen(experiment: Experiment, now: datetime) -> None:
    breach(experiment, now)
    look(1, now)
    alert = Alert.objects.get()
    assert (alert.rule.key, alert.status) == ("guardrail-stop", "firing")
    assert alert.text == (
        f"Guard rails that were passed of {LATENCY}: 1, above 0 over 1 minute. "
        "new-head: It is 20% slower."
    )
    (seen,) = alert.evidence["experiments"]
    assert (seen["experiment"], seen["text"]) == ("new-head", "It is 20% slower.")


def test_a_rule_is_well_while_the_running_experiment_keeps_its_guard_rails(
    experiment: Experiment, now: datetime
) -> None:
    look(2, now)
    assert AlertRule.objects.get(key="guardrail-stop").state == "ok"
    seen = MetricSnapshot.objects.filter(by="guardrail").values_list("label", "total")
    assert set(seen) == {(LATENCY, 0)}


def test_of_an_experiment_that_was_stopped_it_is_told_for_an_hour(
    experiment: Experiment, now: datetime
) -> None:
    breach(experiment, now)
    stop(experiment)
    later = look(58, now)
    assert statuses() == [(LATENCY, "firing")]
    look(4, later)
    assert statuses() == [(LATENCY, "resolved")]


def test_a_paused_one_waits_for_somebody_to_decide(experiment: Experiment, now: datetime) -> None:
    breach(experiment, now)
    pause(experiment)
    later = look(70, now)
    assert statuses() == [(LATENCY, "firing")]
    stop(experiment)
    look(2, later)
    assert statuses() == [(LATENCY, "resolved")]


def test_the_breach_of_another_experiment_is_an_alert_of_its_own(
    experiment: Experiment, now: datetime
) -> None:
    breach(experiment, now)
    stop(experiment)
    later = look(10, now)
    breach(make_running("other-head"), later, "It is 90% slower.")
    look(1, later)
    other = "other-head/candidate/latency-mean"
    assert statuses() == [(LATENCY, "firing"), (other, "firing")]
    assert Alert.objects.get(label=other).text.endswith(" other-head: It is 90% slower.")
    assert Alert.objects.get(label=LATENCY).text.endswith(" new-head: It is 20% slower.")


def test_a_guard_rail_that_is_passed_again_is_another_episode(
    experiment: Experiment, now: datetime
) -> None:
    first = breach(experiment, now)
    later = look(5, now)
    GuardrailAlert.objects.filter(pk=first.pk).update(resolved_at=later)
    later = look(3, later)
    breach(experiment, later)
    look(1, later)
    assert statuses() == [(LATENCY, "resolved"), (LATENCY, "firing")]
