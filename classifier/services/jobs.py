"""Background work: queue it, run it, write how far it is."""

from time import monotonic
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.tasks import async_task

from classifier.exceptions import ClassifierError, ConflictError
from classifier.models import Job
from classifier.services.versions import build_version

PROGRESS_SECONDS = 0.5


def enqueue_build(started_by: AbstractBaseUser | None = None, note: str = "") -> Job:
    """Queue a build. Raises ConflictError where one is queued or running."""
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=Job.Kind.BUILD_VERSION,
                result={"note": note} if note else {},
                started_by=started_by,  # type: ignore[misc]
            )
            transaction.on_commit(lambda: async_task("classifier.tasks.run_job", job.pk))
    except IntegrityError as error:
        raise ConflictError("A version is being built already.") from error
    return job


def run_job(job_id: int) -> None:
    """Run a queued job to its end. A job that another worker has taken is left alone."""
    claimed = Job.objects.filter(pk=job_id, status=Job.Status.QUEUED).update(
        status=Job.Status.RUNNING, started_at=timezone.now()
    )
    if not claimed:
        return
    job = Job.objects.get(pk=job_id)
    try:
        version, is_new = build_version(report=_Reporter(job), created_by=job.started_by)
    except ClassifierError as error:
        _finish(job, Job.Status.FAILED, error=str(error))
    else:
        message = "built" if is_new else "nothing changed since this version was built"
        _finish(
            job,
            Job.Status.SUCCEEDED,
            progress=1.0,
            message=f"{version}: {message}",
            result={"version": version.pk, "is_new": is_new},
        )


class _Reporter:
    """Writes progress to the job's row, at most every PROGRESS_SECONDS."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._written_at = float("-inf")

    def __call__(self, share: float, message: str) -> None:
        if monotonic() - self._written_at < PROGRESS_SECONDS:
            return
        self._written_at = monotonic()
        Job.objects.filter(pk=self.job.pk).update(progress=share, message=message)


def _finish(job: Job, status: Job.Status, **fields: Any) -> None:
    Job.objects.filter(pk=job.pk).update(status=status, finished_at=timezone.now(), **fields)
