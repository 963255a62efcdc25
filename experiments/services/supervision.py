"""What is done every minute to experiments: guardrails judged, the end seen, results kept.

Any number of workers may do it at once: alerts are unique, statuses change by a condition, and
whoever is second finds that it is done.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import DatabaseError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from classifier.exceptions import ConflictError
from experiments.models import Analysis, Experiment
from experiments.services.lifecycle import stop
from experiments.services.looks import has_ended, next_look
from experiments.services.periods import running_period
from experiments.services.sources import feedback_until
from experiments.services.sums import count_units
from experiments.stats.types import Method

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
# What was on its way at the stop is stored by then.
SETTLING = timedelta(minutes=1)
Kind = Analysis.Kind
Status = Experiment.Status


def supervise() -> None:
    """Of the running experiment guardrails, end and hourly analysis; of stopped ones the final
    analysis, and another when feedback no longer counts."""
    from experiments.services.breaches import enforce_guardrails

    for experiment in Experiment.objects.running():
        enforce_guardrails(experiment)
        stop_if_over(experiment)
        if is_scheduled_due(experiment):
            _keep_if(experiment, Kind.SCHEDULED, is_scheduled_due)
    for experiment in _stopped():
        if is_final_due(experiment):
            _keep_if(experiment, Kind.FINAL, is_final_due)


def stop_if_over(experiment: Experiment) -> None:
    """After the most days, or where a planned number of looks has the units for the last one."""
    if experiment.status != Status.RUNNING:
        return
    days = running_period(experiment).days
    if not has_ended(experiment, count_units(experiment), days):
        return
    is_late = days >= experiment.max_days
    reason = (
        f"It ran for {experiment.max_days} days, the most that were planned."
        if is_late
        else "The units that were planned are there: the last look is due."
    )
    try:
        stop(experiment, reason=reason)
    except ConflictError as error:
        logger.info("Experiment %s is not stopped: %s", experiment, error)


def is_scheduled_due(experiment: Experiment) -> bool:
    """Every hour while it runs; where looks are planned, after the first only as one is due."""
    if experiment.status != Status.RUNNING:
        return False
    newest = Analysis.objects.filter(experiment=experiment).order_by("-id").first()
    if newest is None:
        return True
    # Whichever way the clock was set.
    if abs(timezone.now() - newest.created_at) < EVERY:
        return False
    if experiment.method != Method.GROUP_SEQUENTIAL:
        return True
    look = next_look(experiment, count_units(experiment), running_period(experiment).days)
    return look.is_due or not look.number


def is_final_due(experiment: Experiment) -> bool:
    """Once after the stop, and once more when no feedback counts any longer."""
    now, stopped = timezone.now(), experiment.stopped_at
    until = feedback_until(experiment)
    if stopped is None or until is None:
        return False
    finals = Analysis.objects.filter(experiment=experiment, kind=Kind.FINAL).count()
    if finals:
        return finals == 1 and until > stopped and now >= until
    return abs(now - stopped) >= SETTLING


def request_analysis(experiment: Experiment, *, by: AbstractBaseUser | None = None) -> None:
    """A worker makes one soon, once what is done here is committed."""
    by_id = None if by is None else by.pk
    transaction.on_commit(lambda: _send(experiment.pk, by_id))


def analyse_requested(experiment_id: int, by_id: int | None) -> None:
    """Keep what an experiment says now; nothing where it is gone or was never started."""
    from experiments.services.analysis import analyse

    try:
        experiment = Experiment.objects.get(pk=experiment_id)
        analyse(
            experiment,
            Kind.REQUESTED,
            None if by_id is None else User.objects.filter(pk=by_id).first(),
        )
    except (Experiment.DoesNotExist, ConflictError) as error:
        logger.warning("Experiment %s is not analysed: %s", experiment_id, error)


def _send(experiment_id: int, by_id: int | None) -> None:
    """Where the queue is away, the next analysis by schedule says the same."""
    try:
        async_task("experiments.tasks.analyse", experiment_id, by_id)
    except (RedisError, DatabaseError):
        logger.exception("An analysis of experiment %s could not be queued.", experiment_id)


def _stopped() -> "QuerySet[Experiment]":
    """Those that may lack a final analysis."""
    finals = Count("analyses", filter=Q(analyses__kind=Kind.FINAL))
    stopped = Experiment.objects.filter(status=Status.STOPPED)
    return stopped.annotate(finals=finals).filter(finals__lt=2)


def _keep_if(experiment: Experiment, kind: Kind, is_due: Callable[[Experiment], bool]) -> None:
    """An analysis takes a while: another worker may have kept one meanwhile."""
    from experiments.services.analysis import keep, report_on

    try:
        report = report_on(experiment)
    except ConflictError as error:
        logger.warning("Experiment %s is not analysed: %s", experiment, error)
        return
    with transaction.atomic():
        locked = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if is_due(locked):
            keep(locked, report, kind)
