"""Background work: queue it, run it, write how far it is."""

import logging
import sys
from datetime import timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from classifier.exceptions import ClassifierError, ConflictError
from classifier.models import Job
from classifier.services.versions import build_version

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.5


def enqueue_build(started_by: AbstractBaseUser | None = None, note: str = "") -> Job:
    """Queue a build. Raises ConflictError where one is queued or running."""
    expire_lost_jobs()
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=Job.Kind.BUILD_VERSION,
                result={"note": note} if note else {},
                started_by=started_by,  # type: ignore[misc]
            )
            transaction.on_commit(lambda: _send(job.pk))
    except IntegrityError as error:
        raise ConflictError("A version is being built already.") from error
    return job


def run_job(job_id: int) -> None:
    """Run a queued job to its end. A job that another worker has taken is left alone.

    However it ends, its row says so: an error that nobody expected is written there and raised.
    """
    claimed = Job.objects.filter(pk=job_id, status=Job.Status.QUEUED).update(
        status=Job.Status.RUNNING, started_at=timezone.now()
    )
    if not claimed:
        return
    job = Job.objects.get(pk=job_id)
    is_finished = False
    try:
        _build(job)
        is_finished = True
    except ClassifierError as error:
        _finish(job, Job.Status.FAILED, error=str(error))
        is_finished = True
    finally:
        if not is_finished:
            error_type, unexpected, _ = sys.exc_info()
            name = error_type.__name__ if error_type else "error"
            _finish(job, Job.Status.FAILED, error=f"Unexpected {name}: {unexpected}")


def abandon_job(job: Job, by: AbstractBaseUser) -> bool:
    """Mark an unfinished job as failed, so that another can start. False where it had finished."""
    return _fail(job.pk, f"Given up by {by}.")


def expire_lost_jobs() -> int:
    """Fail jobs that wait or run for longer than the queue lets a task run. Returns how many."""
    oldest = timezone.now() - timedelta(seconds=settings.Q_CLUSTER["timeout"])
    ended = {"status": Job.Status.FAILED, "finished_at": timezone.now()}
    unsent = Job.objects.filter(status=Job.Status.QUEUED, created_at__lt=oldest)
    lost = Job.objects.filter(status=Job.Status.RUNNING, started_at__lt=oldest)
    return unsent.update(**ended, error="No worker took it.") + lost.update(
        **ended, error="The worker that ran it did not come back."
    )


def _send(job_id: int) -> None:
    try:
        async_task("classifier.tasks.run_job", job_id)
    except (RedisError, DatabaseError) as error:
        logger.exception("Job %s could not be queued.", job_id)
        _fail(job_id, f"The queue cannot be reached: {error}")


class _Reporter:
    """Writes progress to the job's row, at most every PROGRESS_SECONDS."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._written_at = float("-inf")

    def __call__(self, share: float, message: str) -> None:
        if monotonic() - self._written_at < PROGRESS_SECONDS:
            return
        self._written_at = monotonic()
        Job.objects.filter(pk=self.job.pk, status=Job.Status.RUNNING).update(
            progress=share, message=message
        )


def _build(job: Job) -> None:
    version, is_new = build_version(
        report=_Reporter(job), created_by=job.started_by, note=job.result.get("note", "")
    )
    message = "built" if is_new else "nothing changed since this version was built"
    _finish(
        job,
        Job.Status.SUCCEEDED,
        progress=1.0,
        message=f"{version}: {message}",
        result={**job.result, "version": version.pk, "is_new": is_new},
    )


def _finish(job: Job, status: Job.Status, **fields: Any) -> None:
    """A job that was given up meanwhile stays so."""
    running = Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING)
    running.update(status=status, finished_at=timezone.now(), **fields)


def _fail(job_id: int, error: str) -> bool:
    failed = (
        Job.objects.unfinished()
        .filter(pk=job_id)
        .update(status=Job.Status.FAILED, finished_at=timezone.now(), error=error)
    )
    return bool(failed)
