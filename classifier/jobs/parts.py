"""Shares of a job's work: any worker takes one, and one worker at a time has it."""

import logging
from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from classifier.exceptions import ClassifierError
from classifier.jobs.runner import worker_name
from classifier.models import Job, JobPart

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3


class PartLostError(ClassifierError):
    """The part was taken from this worker, or its job has ended."""


class PartsFailedError(ClassifierError):
    """A part was begun MAX_ATTEMPTS times and never finished."""


def has_open_part(job_id: int) -> bool:
    return _open_parts(job_id).filter(attempts__lt=MAX_ATTEMPTS).exists()


def claim_part(job_id: int) -> JobPart | None:
    """Take a part that waits, or whose worker is silent for JOB_STALE_SECONDS; None where there
    is none, or the job is no longer to be done."""
    while True:
        part = _open_parts(job_id).filter(attempts__lt=MAX_ATTEMPTS).first()
        if part is None:
            return None
        claim, now = uuid4(), timezone.now()
        # As it was seen: of two workers that see it, one takes it.
        seen = JobPart.objects.filter(pk=part.pk, status=part.status, claim=part.claim)
        if seen.update(
            status=JobPart.Status.RUNNING,
            claim=claim,
            attempts=F("attempts") + 1,
            worker=worker_name(),
            heartbeat_at=now,
        ):
            part.claim, part.heartbeat_at = claim, now
            return part


def keep_part(part: JobPart) -> None:
    """Show now and then that this worker lives. Raises PartLostError."""
    now = timezone.now()
    waited = now - (part.heartbeat_at or now)
    if waited < timedelta(seconds=settings.JOB_HEARTBEAT_SECONDS):
        return
    wanted = _held(part).filter(
        job__status=Job.Status.RUNNING, job__cancel_requested_at__isnull=True
    )
    if not JobPart.objects.filter(pk__in=wanted.values("pk")).update(heartbeat_at=now):
        raise PartLostError(f"{part} was taken from this worker.")
    part.heartbeat_at = now


def finish_part(part: JobPart) -> bool:
    """Mark it done. False where another worker has it by now."""
    return bool(_held(part).update(status=JobPart.Status.DONE, claim=None))


def release_part(part: JobPart) -> None:
    """Let another worker try."""
    _held(part).update(status=JobPart.Status.WAITING, claim=None)


def check_parts(job_id: int) -> None:
    """Raises PartsFailedError where a part has used up its attempts."""
    failed = _open_parts(job_id).filter(attempts__gte=MAX_ATTEMPTS).first()
    if failed is not None:
        raise PartsFailedError(
            f"Part {failed.number} was begun {failed.attempts} times and never finished; the last "
            f"worker was {failed.worker}."
        )


def renew_parts(job_id: int) -> None:
    """Give unfinished parts all their attempts, as a job that is retried has all of its own."""
    parts = JobPart.objects.filter(job_id=job_id).exclude(status=JobPart.Status.DONE)
    parts.update(status=JobPart.Status.WAITING, claim=None, attempts=0)


def send_helper(job_id: int) -> None:
    """Ask for a worker that takes parts. Without one, the job's own worker does all of them."""
    try:
        async_task("classifier.tasks.run_parts", job_id)
    except (RedisError, DatabaseError):
        logger.exception("No helper could be asked for job %s.", job_id)


def _open_parts(job_id: int) -> "QuerySet[JobPart]":
    silent_since = timezone.now() - timedelta(seconds=settings.JOB_STALE_SECONDS)
    return JobPart.objects.filter(
        Q(status=JobPart.Status.WAITING)
        | Q(status=JobPart.Status.RUNNING, heartbeat_at__lt=silent_since),
        job_id=job_id,
        job__status=Job.Status.RUNNING,
        job__cancel_requested_at__isnull=True,
    ).order_by("number")


def _held(part: JobPart) -> "QuerySet[JobPart]":
    claim: UUID | None = part.claim
    return JobPart.objects.filter(pk=part.pk, status=JobPart.Status.RUNNING, claim=claim)
