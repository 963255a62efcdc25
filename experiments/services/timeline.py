"""The one writer of an experiment's timeline."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from classifier.exceptions import InvalidItemError
from experiments.models import Experiment, ExperimentEvent

MAX_REASON = 500


def record_event(
    experiment: Experiment,
    kind: ExperimentEvent.Kind,
    before: str,
    *,
    by: AbstractBaseUser | None = None,
    reason: str = "",
    details: dict[str, Any] | None = None,
) -> ExperimentEvent:
    """What happened, from the status `before` to that which the experiment has now. Raises
    InvalidItemError for a reason that is too long."""
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise InvalidItemError("reason", f"{len(reason)} characters; {MAX_REASON} at most.")
    return ExperimentEvent.objects.create(
        experiment=experiment,
        kind=kind,
        from_status=before,
        to_status=experiment.status,
        by=by,  # type: ignore[misc]
        reason=reason,
        details=details or {},
    )
