"""An experiment's guard rail that was passed is an alert which says what was passed."""

import pytest
from django.utils import timezone

from experiments.models import GuardrailAlert
from monitoring.models import Alert
from monitoring.services.alerting import evaluate_due
from tests.experiments.reports import estimate_json, make_running
from tests.monitoring.snapshots import MINUTE, minute, store

pytestmark = pytest.mark.django_db


def test_it_names_the_experiment_and_what_was_seen(active_version: object) -> None:
    experiment = make_running("new-head")
    GuardrailAlert.objects.create(
        guardrail=experiment.guardrails.get(),
        variant=experiment.control,
        action="stop",
        text="The p95 latency is 20% worse.",
        evidence=estimate_json(),
    )
    at = timezone.now().replace(second=0, microsecond=0) + MINUTE
    store([minute("guardrail_stops", at - MINUTE * (2 - n), 1, n) for n in (0, 1, 2)])
    evaluate_due(at + MINUTE)
    alert = Alert.objects.get()
    assert alert.rule.key == "guardrail-stop"
    assert alert.text == (
        "Guard rails that were passed: 2, above 0 over 1 minute. "
        "new-head: The p95 latency is 20% worse."
    )
    (seen,) = alert.evidence["experiments"]
    assert (seen["experiment"], seen["text"]) == ("new-head", "The p95 latency is 20% worse.")
