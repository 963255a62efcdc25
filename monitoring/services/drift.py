"""Reports of drift: what they say now, and how another is asked for. Needs no scipy."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError
from django.db.models import Q
from django_q.tasks import async_task
from redis.exceptions import RedisError

from classifier.models import ModelVersion
from monitoring.collectors import samples
from monitoring.exceptions import MonitoringError
from monitoring.models import DriftReport

logger = logging.getLogger(__name__)

# What is older says nothing of now.
FRESH = timedelta(days=2)
PAST_REPORTS = 60


class DriftRequestError(MonitoringError):
    """A measurement cannot be asked for, or a calm window not be chosen; says why."""


def latest_distances(now: datetime) -> dict[str, float] | None:
    """By kind, the newest measured distance of the active version over its threshold: from 1 on it
    is drift. Kinds of which nothing could be said are left out.

    None where nothing is known, for no report that says something ended within FRESH. Empty where
    the active version went live since then: what was found of another version is over.
    """
    report = DriftReport.objects.filter(
        version__status="active", end__gt=now - FRESH, end__lte=now
    ).first()
    figures = report.figures if report is not None else {}
    ratios = {kind: float(figure["ratio"]) for kind, figure in figures.items() if "ratio" in figure}
    if ratios:
        return ratios
    version = samples.active_version()
    live_since = samples.live_since(version) if version is not None else None
    return {} if live_since is not None and live_since > now - FRESH else None


def newest_report() -> DriftReport | None:
    """Of the active version, else of any."""
    rows = DriftReport.objects.select_related("version", "by", "reference__by")
    return rows.filter(version__status="active").first() or rows.first()


@dataclass(frozen=True, slots=True)
class Past:
    """Of a report: distances over thresholds by kind, and the kinds that drifted."""

    id: int
    start: datetime
    ratios: dict[str, float]
    drifted: tuple[str, ...]


def history(report: DriftReport) -> list[Past]:
    """The report and the daily ones of its version before it, the newest first."""
    before = DriftReport.objects.filter(
        Q(trigger=DriftReport.Trigger.DAILY, end__lt=report.end) | Q(pk=report.pk),
        version=report.version_id,
    )
    return [
        Past(
            pk,
            start,
            {kind: each["ratio"] for kind, each in figures.items() if "ratio" in each},
            tuple(kind for kind, each in figures.items() if each.get("is_drift")),
        )
        for pk, start, figures in before.values_list("pk", "start", "figures")[:PAST_REPORTS]
    ]


def request_measurement(by: AbstractBaseUser) -> None:
    """Queue a measurement of the last 24 hours. Raises DriftRequestError where no version is
    active or the queue cannot be reached."""
    if samples.active_version() is None:
        raise DriftRequestError("No version is active: there is nothing to measure.")
    try:
        async_task("monitoring.tasks.measure_drift", by.pk)
    except (RedisError, DatabaseError) as error:
        logger.exception("A measurement of drift could not be queued.")
        raise DriftRequestError(f"The queue cannot be reached: {error}") from error


def check_calm_window() -> ModelVersion:
    """The version that a calm window is chosen for. Raises DriftRequestError where none is
    active."""
    version = samples.active_version()
    if version is None:
        raise DriftRequestError("No version is active: there is nothing to choose a window for.")
    return version
