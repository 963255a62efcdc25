"""Guard rails of experiments that were passed, each with a label of its own.

Part of what reads the other apps' tables; see `monitoring.collectors`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from experiments.models import Experiment, Guardrail, GuardrailAlert
from monitoring.collectors.seen import MAX_LABEL, Seen, split
from monitoring.detectors.quantiles import Sums
from monitoring.measures import By

MOST = 50
# One that ended its experiment is over at once: it is told all the same.
TOLD_FOR = timedelta(hours=1)
# A minute's state is looked at a little after the minute.
SEEN_AFTER = timedelta(minutes=1)
Status = Experiment.Status


@dataclass(frozen=True, slots=True)
class Breach:
    """A guard rail of an experiment that was passed. `label` is that of its series."""

    label: str
    experiment: str
    text: str
    since: datetime


def guardrails_seen(now: datetime, seconds: float) -> list[Seen]:
    """1 of each that is passed, and 0 of those that the running experiment keeps."""
    kept = Guardrail.objects.filter(
        experiment__status=Status.RUNNING, experiment__variants__is_control=False
    ).values_list("experiment__key", "experiment__variants__key", "metric__key")
    passed = _passed(now).values_list(
        "guardrail__experiment__key", "variant__key", "guardrail__metric__key"
    )
    values = {_label(*keys): 0 for keys in kept} | {_label(*keys): 1 for keys in passed}
    by_label = {label: Sums(1, value, seconds) for label, value in values.items()}
    return [
        Seen("guardrail_stops", Sums(1, sum(values.values()), seconds)),
        *split("guardrail_stops", By.GUARDRAIL, by_label),
    ]


def breaches(moment: datetime) -> list[Breach]:
    """As they were seen of the minute that ended then; the newest first."""
    rows = _passed(moment).select_related("guardrail__experiment", "guardrail__metric", "variant")
    return [
        Breach(
            _label(row.guardrail.experiment.key, row.variant.key, row.guardrail.metric.key),
            row.guardrail.experiment.key,
            row.text,
            row.created_at,
        )
        for row in rows[:MOST]
    ]


def _passed(moment: datetime) -> "QuerySet[GuardrailAlert]":
    """Those that somebody has to decide on, and those that decided by themselves lately. The row
    of an experiment that has ended stays open: its report goes by it."""
    undecided = Q(guardrail__experiment__status__in=(Status.RUNNING, Status.PAUSED))
    lately = Q(created_at__gt=moment - TOLD_FOR)
    rows = GuardrailAlert.objects.filter(created_at__lte=moment + SEEN_AFTER)
    return rows.exclude(resolved_at__lte=moment).filter(undecided | lately).order_by("-id")


def _label(experiment: str, variant: str, metric: str) -> str:
    return f"{experiment}/{variant}/{metric}"[:MAX_LABEL]
