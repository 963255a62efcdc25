"""Background work ends with a row that says how, whatever happens."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django_q.conf import Conf
from pytest_django import Settings

from classifier.exceptions import ConflictError
from classifier.models import Category, Example, Job, ModelVersion
from classifier.services import jobs
from classifier.services.jobs import abandon_job, enqueue_build, expire_lost_jobs, run_job


@pytest.fixture
def queued(db: None, admin_user: User) -> Job:
    return enqueue_build(started_by=admin_user, note="more coffee")


def test_a_build_makes_a_candidate_that_knows_who_wanted_it_and_why(
    queued: Job, admin_user: User
) -> None:
    Example.objects.create(category=Category.objects.get(slug="groceries"), text="ZORBLAX MARKET")
    run_job(queued.pk)
    queued.refresh_from_db()
    version = ModelVersion.objects.get(pk=queued.result["version"])
    assert (queued.status, queued.progress) == (Job.Status.SUCCEEDED, 1.0)
    assert queued.finished_at is not None
    assert (version.status, version.created_by, version.note) == (
        ModelVersion.Status.CANDIDATE,
        admin_user,
        "more coffee",
    )


def test_a_build_with_nothing_new_says_so(queued: Job, active_version: ModelVersion) -> None:
    run_job(queued.pk)
    queued.refresh_from_db()
    assert queued.result["version"] == active_version.pk
    assert "nothing changed" in queued.message


def test_a_build_that_cannot_be_done_keeps_the_reason(queued: Job) -> None:
    Example.objects.update(is_active=False)
    run_job(queued.pk)
    queued.refresh_from_db()
    assert queued.status == Job.Status.FAILED
    assert "at least 2 are needed" in queued.error


def test_an_error_that_nobody_expected_is_kept_and_raised(queued: Job, settings: Settings) -> None:
    Example.objects.create(category=Category.objects.get(slug="groceries"), text="ZORBLAX MARKET")
    settings.ABSTAIN_BELOW = "no number"
    with pytest.raises(TypeError):
        run_job(queued.pk)
    queued.refresh_from_db()
    assert queued.status == Job.Status.FAILED
    assert "greater_equal" in queued.error


def test_a_job_that_was_taken_is_left_alone(queued: Job) -> None:
    Job.objects.update(status=Job.Status.RUNNING, message="elsewhere")
    run_job(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.message) == (Job.Status.RUNNING, "elsewhere")


def test_one_build_at_a_time(queued: Job) -> None:
    with pytest.raises(ConflictError, match="being built already"):
        enqueue_build()


def test_a_job_given_up_makes_room_and_stays_failed(queued: Job, admin_user: User) -> None:
    assert abandon_job(queued, admin_user)
    assert not abandon_job(queued, admin_user)
    run_job(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.error) == (Job.Status.FAILED, "Given up by ada.")
    assert enqueue_build().status == Job.Status.QUEUED


def test_a_job_whose_worker_is_gone_makes_room(queued: Job) -> None:
    limit = timedelta(seconds=settings.Q_CLUSTER["timeout"])
    Job.objects.update(status=Job.Status.RUNNING, started_at=timezone.now() - limit / 2)
    assert expire_lost_jobs() == 0
    Job.objects.update(started_at=timezone.now() - limit - timedelta(minutes=1))
    assert enqueue_build().pk != queued.pk
    queued.refresh_from_db()
    assert queued.error == "The worker that ran it did not come back."


def test_progress_is_written_now_and_then(queued: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(jobs, "monotonic", lambda: now)
    Job.objects.update(status=Job.Status.RUNNING)
    report = jobs._Reporter(queued)

    def written(share: float, message: str) -> tuple[float, str]:
        report(share, message)
        queued.refresh_from_db()
        return queued.progress, queued.message

    assert written(0.1, "first") == (0.1, "first")
    now += jobs.PROGRESS_SECONDS / 2
    assert written(0.2, "too soon") == (0.1, "first")
    now += jobs.PROGRESS_SECONDS / 2
    assert written(0.3, "in time") == (0.3, "in time")


def test_a_job_that_no_worker_took_makes_room(queued: Job) -> None:
    limit = timedelta(seconds=settings.Q_CLUSTER["timeout"])
    Job.objects.update(created_at=timezone.now() - limit - timedelta(minutes=1))
    assert enqueue_build().pk != queued.pk
    queued.refresh_from_db()
    assert (queued.status, queued.error) == (Job.Status.FAILED, "No worker took it.")


def test_a_job_that_cannot_be_queued_says_so(
    db: None, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Conf, "ORM", None)
    monkeypatch.setattr(Conf, "REDIS", "redis://127.0.0.1:1/0")
    with django_capture_on_commit_callbacks(execute=True):
        job = enqueue_build()
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert "The queue cannot be reached" in job.error
