"""What work has of the job it is: progress, log, cancellation, a place for drafts."""

import logging
import shutil
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Any
from uuid import UUID

from django import db
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from classifier.exceptions import ClassifierError
from classifier.models import Job, JobEvent

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.5
MESSAGE_LENGTH = 200


class JobCancelledError(ClassifierError):
    """Somebody asked for the job to end."""


class JobLostError(ClassifierError):
    """The job was taken from this worker, which was silent for too long."""


class JobOverdueError(ClassifierError):
    """The job took longer than its kind may."""


class JobContext:
    """A running job, as its work sees it. A `Progress`: work that knows no jobs calls it so.

    While the context is entered, a thread writes the heartbeat and reads whether the job is
    still wanted; the next call of `report` or `check` in the work then raises.
    """

    def __init__(self, job: Job, claim: UUID, seconds: float) -> None:
        self.job = job
        self.parameters: dict[str, Any] = job.parameters
        self.started_by: AbstractBaseUser | None = job.started_by
        self._claim = claim
        self._ends_at = monotonic() + seconds
        self._seconds = seconds
        self._written_at = float("-inf")
        self._stage = ""
        self._stop: ClassifierError | None = None
        self._ended = Event()
        self._heart = Thread(target=self._beat, name=f"job-{job.pk}-heartbeat", daemon=True)

    def __enter__(self) -> "JobContext":
        shutil.rmtree(self.scratch, ignore_errors=True)
        self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._heart.join()
        shutil.rmtree(self.scratch, ignore_errors=True)

    @property
    def scratch(self) -> Path:
        """A folder of this machine for what is not finished; emptied before and after a run."""
        return Path(settings.LOCAL_DIR) / "scratch" / f"job-{self.job.pk}"

    def __call__(self, share: float, message: str) -> None:
        """Tell how far the work is; see `Progress`. Raises as `check` does.

        The row is written at most every PROGRESS_SECONDS. A message whose part before a colon
        is new, as in “embedding: 3 of 7”, also becomes a line of the log.
        """
        self.check()
        stage = message.partition(":")[0]
        is_new = stage != self._stage
        if not is_new and monotonic() - self._written_at < PROGRESS_SECONDS:
            return
        self._written_at = monotonic()
        self._own_row().update(progress=share, message=message[:MESSAGE_LENGTH])
        if is_new:
            self._stage = stage
            self.log(stage)

    def renew_attempts(self) -> None:
        """Call it where something is finished that a next run does not do again: a long job whose
        worker is stopped by each of many deployments goes on, and is not given up."""
        if self.job.attempts > 1 and self._own_row().update(attempts=1):
            self.job.attempts = 1

    def log(self, text: str) -> None:
        JobEvent.objects.create(job=self.job, text=text)

    def check(self) -> None:
        """Raises JobCancelledError, JobLostError or JobOverdueError where the work must end."""
        if monotonic() > self._ends_at:
            raise JobOverdueError(f"It took longer than {self._seconds:.0f} seconds.")
        if self._stop is not None:
            raise self._stop

    def beat(self) -> None:
        """Show that this worker lives, and see whether the job is still its own and wanted."""
        if self._own_row().update(heartbeat_at=timezone.now()):
            if self._own_row().filter(cancel_requested_at__isnull=False).exists():
                self._stop = JobCancelledError("Cancelled.")
        elif Job.objects.filter(pk=self.job.pk).exists():
            self._stop = JobLostError(f"{self.job} was taken from this worker.")

    def _beat(self) -> None:
        try:
            while not self._ended.wait(settings.JOB_HEARTBEAT_SECONDS):
                try:
                    self.beat()
                except db.Error:
                    # The next beat may come through; others wait JOB_STALE_SECONDS for one.
                    logger.exception("The heartbeat of %s could not be written.", self.job)
        finally:
            db.connection.close()

    def _own_row(self) -> "db.models.QuerySet[Job]":
        return Job.objects.filter(pk=self.job.pk, status=Job.Status.RUNNING, claim=self._claim)
