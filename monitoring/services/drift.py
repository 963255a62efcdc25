"""Reports of drift: what they say now, and how another is asked for. Needs no scipy."""

import logging
from datetime import date, datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError
from django_q.tasks import async_task
from redis.exceptions import RedisError

from monitoring import collectors_drift
from monitoring.exceptions import MonitoringError
from monitoring.models import DriftReference, DriftReport

logger = logging.getLogger(__name__)

# What is older says nothing of now.
FRESH = timedelta(days=2)


class DriftRequestError(MonitoringError):
    """A measurement cannot be asked for, or a calm window not be chosen; says why."""


def latest_distances(now: datetime) -> dict[str, float]:
    """By kind, the newest measured distance of the active version over its threshold: from 1 on it
    is drift. Kinds of which nothing could be said are left out; all are, where no report ended
    within FRESH."""
    report = DriftReport.objects.filter(
        version__status="active", end__gt=now - FRESH, end__lte=now
    ).first()
    if report is None:
        return {}
    return {
        kind: float(figure["ratio"]) for kind, figure in report.figures.items() if "ratio" in figure
    }


def request_measurement(by: AbstractBaseUser) -> None:
    """Queue a measurement of the last 24 hours. Raises DriftRequestError where no version is
    active or the queue cannot be reached."""
    if collectors_drift.active_version() is None:
        raise DriftRequestError("No version is active: there is nothing to measure.")
    try:
        async_task("monitoring.tasks.measure_drift", by.pk)
    except (RedisError, DatabaseError) as error:
        logger.exception("A measurement of drift could not be queued.")
        raise DriftRequestError(f"The queue cannot be reached: {error}") from error


def choose_calm_window(
    first_day: date, last_day: date, reason: str, *, by: AbstractBaseUser
) -> DriftReference:
    """For the active version; it counts from the next measurement on. Raises DriftRequestError
    where no version is active, ValidationError where the days cannot be chosen."""
    version = collectors_drift.active_version()
    if version is None:
        raise DriftRequestError("No version is active: there is nothing to choose a window for.")
    row = DriftReference(
        version=version,
        first_day=first_day,
        last_day=last_day,
        reason=reason,
        by=by,  # type: ignore[misc]
    )
    row.full_clean()
    row.save()
    return row
