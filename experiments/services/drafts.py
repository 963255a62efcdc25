"""Experiments before their start."""

from django.contrib.auth.models import AbstractBaseUser

from classifier.exceptions import ConflictError
from experiments.models import Experiment, ExperimentEvent
from experiments.services.timeline import record_event

Status = Experiment.Status


def record_creation(experiment: Experiment, *, by: AbstractBaseUser) -> ExperimentEvent:
    """The first entry of a draft's timeline."""
    return record_event(experiment, ExperimentEvent.Kind.CREATED, "", by=by)


def lock_draft(experiment: Experiment) -> None:
    """Nobody starts it before the end of this transaction. Raises ConflictError where somebody
    has."""
    drafts = Experiment.objects.select_for_update().filter(status=Status.DRAFT)
    if drafts.filter(pk=experiment.pk).first() is None:
        raise ConflictError(f"{experiment} was started meanwhile and is frozen: nothing is saved.")
