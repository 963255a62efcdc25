"""Work tells how far it is, and learns that it should end."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from classifier.jobs import context as module
from classifier.jobs.context import (
    JobCancelledError,
    JobContext,
    JobLostError,
    JobOverdueError,
)
from classifier.jobs.queue import cancel
from classifier.models import Job


@pytest.fixture
def job(db: None) -> Job:
    return Job.objects.create(
        kind=Job.Kind.BUILD_VERSION, status=Job.Status.RUNNING, claim=uuid4(), parameters={}
    )


@pytest.fixture
def context(job: Job) -> JobContext:
    assert job.claim is not None
    return JobContext(job, job.claim, seconds=60)


def test_progress_is_written_now_and_then(
    job: Job, context: JobContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    context._ends_at = now + 60

    def written(share: float, message: str) -> tuple[float, str]:
        context(share, message)
        job.refresh_from_db()
        return job.progress, job.message

    assert written(0.1, "embedding: 1") == (0.1, "embedding: 1")
    now += module.PROGRESS_SECONDS / 2
    assert written(0.2, "embedding: 2, too soon") == (0.1, "embedding: 1")
    now += module.PROGRESS_SECONDS / 2
    assert written(0.3, "embedding: 3, in time") == (0.3, "embedding: 3, in time")


def test_a_new_stage_is_written_at_once_and_logged_once(job: Job, context: JobContext) -> None:
    for share, message in ((0.1, "reading: 1"), (0.2, "reading: 2"), (0.3, "writing: 1")):
        context(share, message)
    job.refresh_from_db()
    assert (job.progress, job.message) == (0.3, "writing: 1")
    assert [event.text for event in job.events.all()] == ["reading", "writing"]


def test_cancelled_work_ends_at_its_next_word(
    job: Job, context: JobContext, admin_user: User
) -> None:
    assert cancel(job, admin_user)
    context.beat()
    with pytest.raises(JobCancelledError):
        context(0.5, "on and on")
    assert job.events.get().by == admin_user


def test_work_whose_job_was_given_to_another_ends(job: Job, context: JobContext) -> None:
    Job.objects.update(claim=uuid4())
    context.beat()
    with pytest.raises(JobLostError):
        context(0.5, "on and on")
    job.refresh_from_db()
    assert job.progress == 0


def test_work_that_takes_too_long_ends(job: Job) -> None:
    assert job.claim is not None
    context = JobContext(job, job.claim, seconds=-1)
    with pytest.raises(JobOverdueError, match="longer than -1 seconds"):
        context(0.5, "on and on")


def test_drafts_go_when_the_work_ends(context: JobContext) -> None:
    with context:
        context.scratch.mkdir(parents=True)
        (context.scratch / "half").write_text("made")
    assert not context.scratch.exists()
