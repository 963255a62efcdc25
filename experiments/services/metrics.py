"""Which experiments measure by what."""

from django.db.models import Q, QuerySet

from experiments.models import Experiment, Metric


def measured_by(metric: Metric) -> "QuerySet[Experiment]":
    """The experiments that name it: as the primary metric, beside it, or in a guard rail."""
    named = Q(primary_metric=metric) | Q(secondary_metrics=metric) | Q(guardrails__metric=metric)
    return Experiment.objects.filter(named).distinct()


def is_frozen(metric: Metric) -> bool:
    """Whether a started experiment measures by it, so that it can no longer change."""
    return bool(measured_by(metric).exclude(status=Experiment.Status.DRAFT).exists())
