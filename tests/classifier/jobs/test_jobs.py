"""Background work ends with a row that says how, whatever happens."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from classifier.exceptions import ConflictError
from classifier.jobs.queue import retry
from classifier.jobs.runner import run_job
from classifier.models import Category, Example, Job, JobEvent, ModelVersion
from classifier.services.versions import enqueue_build


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
    with pytest.raises(ConflictError, match="is not finished yet"):
        enqueue_build()


def test_every_change_of_status_is_a_row(queued: Job, admin_user: User) -> None:
    run_job(queued.pk)
    changes = JobEvent.objects.filter(job=queued).exclude(to_status="")
    assert [(event.from_status, event.to_status, event.by) for event in changes] == [
        ("", "queued", admin_user),
        ("queued", "running", None),
        ("running", "succeeded", None),
    ]


def test_a_failed_job_is_queued_again_with_all_its_attempts(queued: Job, admin_user: User) -> None:
    switched_on = set(Example.objects.filter(is_active=True).values_list("pk", flat=True))
    Example.objects.update(is_active=False)
    run_job(queued.pk)
    Example.objects.filter(pk__in=switched_on).update(is_active=True)
    queued.refresh_from_db()
    retry(queued, admin_user)
    queued.refresh_from_db()
    assert (queued.status, queued.attempts, queued.error) == (Job.Status.QUEUED, 0, "")
    run_job(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.attempts) == (Job.Status.SUCCEEDED, 1)


def test_a_finished_job_is_not_queued_again(queued: Job, admin_user: User) -> None:
    run_job(queued.pk)
    with pytest.raises(ConflictError, match="neither failed nor was cancelled"):
        retry(queued, admin_user)


def test_a_job_is_not_queued_again_beside_the_same_work(queued: Job, admin_user: User) -> None:
    Job.objects.update(status=Job.Status.FAILED)
    other = enqueue_build()
    with pytest.raises(ConflictError, match=f"#{other.pk} is not finished yet"):
        retry(queued, admin_user)
    queued.refresh_from_db()
    assert queued.status == Job.Status.FAILED
