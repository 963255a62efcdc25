"""Start, pause, resume, stop, ramp, promote: each act a row that says who and why."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from classifier.artifacts import bundle_of
from classifier.exceptions import ConflictError, InvalidItemError
from classifier.models import Activation
from classifier.services.activations import activate_version
from experiments.models import Experiment, ExperimentEvent, Variant
from experiments.services.readiness import check_startable, check_warm
from experiments.services.timeline import record_event

Status = Experiment.Status
Kind = ExperimentEvent.Kind


def start(
    experiment: Experiment,
    *,
    by: AbstractBaseUser | None = None,
    reason: str = "",
    planned_units: int | None = None,
) -> ExperimentEvent:
    """Put an experiment on live traffic; from now on it is frozen.

    Every variant's version is loaded and warm in this process before that. Raises ConflictError
    where the experiment, its variants or another experiment do not allow it, BundleError where a
    version cannot be loaded; nothing is changed then.
    """
    check_startable(experiment)
    check_warm(experiment)
    changes = {"started_at": timezone.now(), "planned_units": planned_units}
    return _move(experiment, Kind.STARTED, {Status.DRAFT}, Status.RUNNING, by, reason, changes)


def pause(
    experiment: Experiment, *, by: AbstractBaseUser | None = None, reason: str = "", **details: Any
) -> ExperimentEvent:
    """Everyone gets the active version until it is resumed. Raises ConflictError where it does
    not run."""
    return _move(
        experiment, Kind.PAUSED, {Status.RUNNING}, Status.PAUSED, by, reason, details=details
    )


def resume(
    experiment: Experiment, *, by: AbstractBaseUser | None = None, reason: str = ""
) -> ExperimentEvent:
    """Units come back to the variants that they had. Raises as `start`."""
    check_startable(experiment)
    check_warm(experiment)
    return _move(experiment, Kind.RESUMED, {Status.PAUSED}, Status.RUNNING, by, reason)


def stop(
    experiment: Experiment, *, by: AbstractBaseUser | None = None, reason: str = "", **details: Any
) -> ExperimentEvent:
    """End it for good. Raises ConflictError where it was never started or is stopped."""
    return _move(
        experiment,
        Kind.STOPPED,
        {Status.RUNNING, Status.PAUSED},
        Status.STOPPED,
        by,
        reason,
        {"stopped_at": timezone.now()},
        details,
    )


def ramp(
    experiment: Experiment, share: float, *, by: AbstractBaseUser | None = None, reason: str = ""
) -> ExperimentEvent | None:
    """Let more units take part, or fewer. Nobody who stays changes sides. Returns None where the
    share is that already.

    Raises InvalidItemError where it is no share, ConflictError where the experiment has ended.
    """
    if not 0 < share <= 1:
        raise InvalidItemError("traffic_share", f"{share} is no share: above 0, at most 1.")
    with transaction.atomic():
        locked = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if locked.status == Status.STOPPED:
            raise ConflictError(f"{experiment} has ended.")
        before = locked.traffic_share
        if before == share:
            return None
        experiment.traffic_share = share
        experiment.save(update_fields=["traffic_share"])
        return record_event(
            locked,
            Kind.RAMPED,
            locked.status,
            by=by,
            reason=reason,
            details={"from": before, "to": share},
        )


def promote(
    variant: Variant,
    *,
    by: AbstractBaseUser | None = None,
    reason: str = "",
    override_reason: str = "",
    seen: int | None = None,
) -> Activation | None:
    """Make a variant's version the active one, and end the experiment if it has not ended.

    Returns None where that version is active already. `seen` is the key of the Activation that
    was in force when that was decided. Raises as `activate_version` does; nothing is changed then.
    """
    experiment = variant.experiment
    if experiment.status == Status.DRAFT:
        raise ConflictError(f"{experiment} was never started: it has no winner.")
    # Read before the transaction, which on SQLite keeps every other writer waiting.
    bundle_of(variant.version)
    with transaction.atomic():
        activation = activate_version(
            variant.version,
            by=by,
            reason=reason or f"Won the experiment {experiment}.",
            override_reason=override_reason,
            seen=seen,
        )
        if experiment.status != Status.STOPPED:
            stop(experiment, by=by, reason=f"{variant} is promoted.")
        record_event(
            experiment,
            Kind.PROMOTED,
            experiment.status,
            by=by,
            reason=reason,
            details={"variant": variant.key, "version": variant.version.name},
        )
    return activation


def _move(
    experiment: Experiment,
    kind: Kind,
    allowed: set[Status],
    to: Status,
    by: AbstractBaseUser | None,
    reason: str,
    changes: dict[str, datetime | int | None] | None = None,
    details: dict[str, Any] | None = None,
) -> ExperimentEvent:
    """By a conditional UPDATE: of two who press a button at once, one is told so."""
    before = experiment.status
    fields: dict[str, Any] = {"status": to, **(changes or {})}
    is_possible = before in allowed
    try:
        with transaction.atomic():
            rows = Experiment.objects.filter(pk=experiment.pk, status=before)
            if not is_possible or not rows.update(**fields):
                now = Experiment.objects.get(pk=experiment.pk)
                raise ConflictError(
                    f"{experiment} is {now.get_status_display().lower()}: it cannot be "
                    f"{kind.label.lower()}."
                )
            for name, value in fields.items():
                setattr(experiment, name, value)
            return record_event(experiment, kind, before, by=by, reason=reason, details=details)
    except IntegrityError as error:
        experiment.refresh_from_db()
        raise ConflictError("Another experiment is running: only one may at a time.") from error
