"""What follows from a guardrail that is breached: a row that says so, and the end of the harm."""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from classifier.exceptions import ConflictError
from experiments.models import Experiment, ExperimentEvent, Guardrail, GuardrailAlert
from experiments.services.guards import judge_guardrails
from experiments.services.lifecycle import pause, stop
from experiments.services.measurements import Measurements
from experiments.services.periods import running_period
from experiments.services.reading import long_reads
from experiments.services.report import GuardrailResult
from experiments.services.timeline import MAX_REASON, record_event
from experiments.stats.types import GuardrailKind

logger = logging.getLogger(__name__)

Action = Guardrail.Action
Kind = ExperimentEvent.Kind
# What ends the harm for good comes first.
SEVEREST_FIRST = (Action.STOP, Action.PAUSE, Action.WARN)


def enforce_guardrails(experiment: Experiment) -> None:
    """Judge the guardrails of a running experiment. A breach acts once, as it begins: who resumes
    an experiment in spite of it is not stopped again until it was kept in between."""
    guardrails = list(experiment.guardrails.select_related("metric"))
    if not guardrails:
        return
    with long_reads():
        metrics = [guardrail.metric for guardrail in guardrails]
        measured = Measurements(experiment, metrics, running_period(experiment))
        results = judge_guardrails(guardrails, measured)
    for result in _severest_first(results):
        if result.state.kind is GuardrailKind.BREACHED:
            _breached(experiment, result)
        elif result.state.kind is GuardrailKind.OK:
            _kept(experiment, result)


def _severest_first(results: Iterable[GuardrailResult]) -> list[GuardrailResult]:
    return sorted(results, key=lambda each: SEVEREST_FIRST.index(Action(each.guardrail.action)))


@transaction.atomic
def _breached(experiment: Experiment, result: GuardrailResult) -> None:
    guardrail, variant = result.guardrail, result.variant
    text = f"{variant} breached the guardrail {guardrail.metric}. {result.state.sentence}"
    text = text[:MAX_REASON]
    try:
        with transaction.atomic():
            GuardrailAlert.objects.create(
                guardrail=guardrail,
                variant=variant,
                action=guardrail.action,
                text=text,
                evidence=asdict(result.estimate),
            )
    except IntegrityError:
        # It is open already, or another worker saw the same.
        return
    logger.error("Experiment %s: %s", experiment, text)
    details = _details(result)
    act = {Action.PAUSE: pause, Action.STOP: stop}.get(Action(guardrail.action))
    if act is None:
        record_event(experiment, Kind.WARNED, experiment.status, reason=text, details=details)
        return
    try:
        act(experiment, reason=text, **details)
    except ConflictError:
        # It does not run any more: what was seen belongs to its timeline all the same.
        experiment.refresh_from_db()
        record_event(experiment, Kind.WARNED, experiment.status, reason=text, details=details)


@transaction.atomic
def _kept(experiment: Experiment, result: GuardrailResult) -> None:
    alerts = GuardrailAlert.objects.filter(
        guardrail=result.guardrail, variant=result.variant, resolved_at__isnull=True
    )
    if alerts.update(resolved_at=timezone.now()):
        text = f"{result.variant} keeps the guardrail {result.guardrail.metric} again. "
        text = f"{text}{result.state.sentence}"[:MAX_REASON]
        record_event(
            experiment, Kind.SETTLED, experiment.status, reason=text, details=_details(result)
        )


def _details(result: GuardrailResult) -> dict[str, Any]:
    return {
        "guardrail": result.guardrail.metric.key,
        "variant": result.variant.key,
        "action": result.guardrail.action,
        "estimate": asdict(result.estimate),
    }
