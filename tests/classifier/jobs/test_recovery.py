"""A job outlives its worker."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django_q.models import OrmQ

from classifier.jobs.queue import RESEND_AFTER, cancel, recover_lost_jobs
from classifier.jobs.runner import run_job
from classifier.jobs.transitions import change_status
from classifier.models import Job

SILENT = timedelta(seconds=settings.JOB_STALE_SECONDS + 1)


@pytest.fixture
def running(db: None) -> Job:
    now = timezone.now()
    return Job.objects.create(
        kind=Job.Kind.BUILD_VERSION,
        parameters={"note": ""},
        running_key="build_version",
        status=Job.Status.RUNNING,
        claim=uuid4(),
        worker="elsewhere:1",
        attempts=1,
        heartbeat_at=now,
        sent_at=now,
    )


def fall_silent(job: Job, **changes: Any) -> None:
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - SILENT, **changes)


def test_a_job_whose_worker_lives_is_left_alone(running: Job) -> None:
    assert recover_lost_jobs() == 0
    running.refresh_from_db()
    assert running.status == Job.Status.RUNNING


def test_a_silent_workers_job_is_queued_again_and_run(
    running: Job, django_capture_on_commit_callbacks: Any
) -> None:
    fall_silent(running)
    with django_capture_on_commit_callbacks(execute=True):
        assert recover_lost_jobs() == 1
    assert OrmQ.objects.get().func() == "classifier.tasks.run_job"
    running.refresh_from_db()
    assert (running.status, running.claim) == (Job.Status.QUEUED, None)
    assert "elsewhere:1 did not come back (attempt 1 of 3)" in running.events.get().text
    run_job(running.pk)
    running.refresh_from_db()
    assert (running.status, running.attempts) == (Job.Status.SUCCEEDED, 2)


def test_after_the_last_attempt_the_job_fails_and_says_why(running: Job) -> None:
    fall_silent(running, attempts=3)
    assert recover_lost_jobs() == 1
    running.refresh_from_db()
    assert running.status == Job.Status.FAILED
    assert running.error == "The worker elsewhere:1 did not come back (attempt 3 of 3)."


def test_a_lost_job_that_was_to_be_cancelled_is(running: Job, admin_user: User) -> None:
    cancel(running, admin_user)
    fall_silent(running)
    recover_lost_jobs()
    running.refresh_from_db()
    assert running.status == Job.Status.CANCELLED


def test_a_worker_that_comes_back_late_changes_nothing(running: Job) -> None:
    late = running.claim
    fall_silent(running)
    recover_lost_jobs()
    assert not change_status(running.pk, [Job.Status.RUNNING], Job.Status.SUCCEEDED, held_by=late)
    Job.objects.update(status=Job.Status.RUNNING, claim=uuid4())
    assert not change_status(running.pk, [Job.Status.RUNNING], Job.Status.SUCCEEDED, held_by=late)
    running.refresh_from_db()
    assert running.status == Job.Status.RUNNING


def test_a_job_that_the_queue_lost_is_sent_again_once(running: Job) -> None:
    long_ago = timezone.now() - RESEND_AFTER - timedelta(seconds=1)
    Job.objects.update(status=Job.Status.QUEUED, claim=None, sent_at=long_ago)
    recover_lost_jobs()
    recover_lost_jobs()
    assert OrmQ.objects.count() == 1


def test_a_waiting_job_is_cancelled_at_once(running: Job, admin_user: User) -> None:
    Job.objects.update(status=Job.Status.QUEUED, claim=None)
    assert cancel(running, admin_user)
    running.refresh_from_db()
    assert running.status == Job.Status.CANCELLED
    assert not cancel(running, admin_user)
    run_job(running.pk)
    running.refresh_from_db()
    assert running.status == Job.Status.CANCELLED
