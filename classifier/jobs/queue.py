"""Hand jobs to the workers; end them, and take up those whose worker was lost."""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from classifier.exceptions import ConflictError
from classifier.jobs.kinds import kind_of
from classifier.jobs.transitions import change_status
from classifier.models import ApiKey, Job, JobEvent

logger = logging.getLogger(__name__)

# A queued job is handed to the queue again after this long: the queue may have lost it, and a
# job that is delivered twice is run once.
RESEND_AFTER = timedelta(minutes=5)
RUN_JOB = "classifier.tasks.run_job"


def enqueue(
    kind: Job.Kind,
    parameters: dict[str, Any] | None = None,
    *,
    started_by: AbstractBaseUser | None = None,
    api_key: ApiKey | None = None,
    running_key: str | None = None,
) -> Job:
    """Queue a job of `kind`; it is sent when the transaction is committed.

    `running_key` is the kind where it is None; "" lets any number run. Raises ConflictError
    naming the job that is unfinished under the same key.
    """
    recover_lost_jobs()
    key = kind.value if running_key is None else running_key
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                parameters=parameters or {},
                running_key=key,
                started_by=started_by,  # type: ignore[misc]
                api_key=api_key,
                sent_at=timezone.now(),
            )
            JobEvent.objects.create(
                job=job,
                to_status=Job.Status.QUEUED,
                by=started_by,  # type: ignore[misc]
            )
            transaction.on_commit(lambda: _send(job.pk))
    except IntegrityError as error:
        other = Job.objects.unfinished().filter(running_key=key).first()
        raise ConflictError(
            f"{other or 'The same work'} is not finished yet; there can be one at a time."
        ) from error
    return job


def cancel(job: Job, by: AbstractBaseUser | None) -> bool:
    """End a job: at once where it waits, else as soon as its work looks. False where it had ended.

    A running one whose worker is gone is ended by `recover_lost_jobs`.
    """
    text = f"Cancelled by {by}." if by else "Cancelled."
    if change_status(job.pk, [Job.Status.QUEUED], Job.Status.CANCELLED, text=text, by=by):
        return True
    with transaction.atomic():
        asked = Job.objects.filter(
            pk=job.pk, status=Job.Status.RUNNING, cancel_requested_at=None
        ).update(cancel_requested_at=timezone.now(), cancel_requested_by=by)
        if asked:
            text = f"Asked to end by {by}." if by else "Asked to end."
            JobEvent.objects.create(job=job, text=text, by=by)  # type: ignore[misc]
    return bool(asked) or Job.objects.unfinished().filter(pk=job.pk).exists()


def retry(job: Job, by: AbstractBaseUser | None) -> None:
    """Queue a job again that failed or was cancelled. Raises ConflictError where it did neither,
    or where the same work is unfinished under another number."""
    try:
        with transaction.atomic():
            is_queued = change_status(
                job.pk,
                [Job.Status.FAILED, Job.Status.CANCELLED],
                Job.Status.QUEUED,
                text=f"Queued again by {by}." if by else "Queued again.",
                by=by,
                attempts=0,
                progress=0.0,
                message="",
                error="",
                finished_at=None,
                started_at=None,
                cancel_requested_at=None,
                cancel_requested_by=None,
                sent_at=timezone.now(),
            )
            if is_queued:
                transaction.on_commit(lambda: _send(job.pk))
    except IntegrityError as error:
        other = Job.objects.unfinished().filter(running_key=job.running_key).first()
        raise ConflictError(f"{other or 'The same work'} is not finished yet.") from error
    if not is_queued:
        raise ConflictError(f"{job} neither failed nor was cancelled.")


def recover_lost_jobs() -> int:
    """Take up jobs whose worker is silent for JOB_STALE_SECONDS; send again what waits for long.

    A job that was to be cancelled is; one at its last attempt fails. What cannot be sent waits for
    the next look. Returns how many running jobs were found lost.
    """
    now = timezone.now()
    silent_since = now - timedelta(seconds=settings.JOB_STALE_SECONDS)
    lost = 0
    for job in Job.objects.filter(status=Job.Status.RUNNING, heartbeat_at__lt=silent_since):
        lost += _recover(job)
    waiting = Job.objects.filter(status=Job.Status.QUEUED, sent_at__lt=now - RESEND_AFTER)
    for job_id, sent_at in waiting.values_list("pk", "sent_at"):
        is_due = Job.objects.filter(pk=job_id, sent_at=sent_at).update(sent_at=now)
        if is_due and not _resend(job_id):
            break
    return lost


def _recover(job: Job) -> bool:
    """False where the worker came back, or another process was faster."""
    running, claim = [Job.Status.RUNNING], job.claim
    attempts, allowed = job.attempts, kind_of(job).max_attempts
    gone = f"The worker {job.worker} did not come back (attempt {attempts} of {allowed})."
    if job.cancel_requested_at is not None:
        return change_status(job.pk, running, Job.Status.CANCELLED, held_by=claim, text=gone)
    if attempts >= allowed:
        return change_status(
            job.pk, running, Job.Status.FAILED, held_by=claim, text=gone, error=gone
        )
    is_queued = change_status(
        job.pk, running, Job.Status.QUEUED, held_by=claim, text=gone, claim=None,
        sent_at=timezone.now(),
    )  # fmt: skip
    if is_queued:
        transaction.on_commit(lambda: _resend(job.pk))
    return is_queued


def _send(job_id: int) -> None:
    """For the first time, while somebody waits for it: what cannot be sent fails, and says so."""
    try:
        async_task(RUN_JOB, job_id)
    except (RedisError, DatabaseError) as error:
        logger.exception("Job %s could not be queued.", job_id)
        text = f"The queue cannot be reached: {error}"
        change_status(job_id, [Job.Status.QUEUED], Job.Status.FAILED, text=text, error=text)


def _resend(job_id: int) -> bool:
    """False where the queue is away; the next look for lost jobs tries again."""
    try:
        async_task(RUN_JOB, job_id)
    except (RedisError, DatabaseError):
        logger.exception("Job %s could not be queued again.", job_id)
        Job.objects.filter(pk=job_id, status=Job.Status.QUEUED).update(
            sent_at=timezone.now() - RESEND_AFTER
        )
        return False
    return True
