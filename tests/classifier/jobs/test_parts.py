"""A part of a job's work is done by one worker at a time, and by another where that one is lost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from classifier.jobs.parts import (
    MAX_ATTEMPTS,
    PartLostError,
    PartsFailedError,
    check_parts,
    claim_part,
    finish_part,
    keep_part,
    release_part,
    renew_parts,
)
from classifier.models import Job, JobPart

SILENT = timedelta(seconds=settings.JOB_STALE_SECONDS + 1)
LATE = timedelta(seconds=settings.JOB_HEARTBEAT_SECONDS + 1)


@pytest.fixture
def job(db: None) -> Job:
    job = Job.objects.create(
        kind=Job.Kind.CLASSIFY_FILE, status=Job.Status.RUNNING, claim=uuid4(), attempts=1
    )
    JobPart.objects.bulk_create([JobPart(job=job, number=number, size=9) for number in (1, 0)])
    return job


def claim(job: Job) -> JobPart:
    part = claim_part(job.pk)
    assert part is not None
    return part


def fall_silent(part: JobPart) -> None:
    JobPart.objects.filter(pk=part.pk).update(heartbeat_at=timezone.now() - SILENT)


def test_parts_are_taken_in_order_once_each(job: Job) -> None:
    assert [claim(job).number, claim(job).number] == [0, 1]
    assert claim_part(job.pk) is None


def test_a_part_that_is_done_is_not_taken_again(job: Job) -> None:
    part = claim(job)
    assert finish_part(part)
    fall_silent(part)
    assert claim(job).number == 1
    assert claim_part(job.pk) is None


def test_a_part_whose_worker_is_silent_is_taken_by_another(job: Job) -> None:
    lost = claim(job)
    fall_silent(lost)
    again = claim(job)
    assert (again.number, again.claim) == (0, JobPart.objects.get(pk=lost.pk).claim)
    assert again.claim != lost.claim


def test_a_worker_that_comes_back_late_changes_nothing(job: Job) -> None:
    late = claim(job)
    fall_silent(late)
    held = claim(job)
    assert not finish_part(late)
    release_part(late)
    late.heartbeat_at = timezone.now() - LATE
    with pytest.raises(PartLostError):
        keep_part(late)
    assert finish_part(held)


def test_a_worker_shows_now_and_then_that_it_lives(job: Job) -> None:
    part = claim(job)
    keep_part(part)
    assert part.heartbeat_at == JobPart.objects.get(pk=part.pk).heartbeat_at
    before = part.heartbeat_at = timezone.now() - LATE
    keep_part(part)
    stored = JobPart.objects.get(pk=part.pk).heartbeat_at
    assert stored is not None
    assert stored > before


@pytest.mark.parametrize(
    "change", [{"status": Job.Status.CANCELLED}, {"cancel_requested_at": timezone.now()}]
)
def test_no_part_is_taken_or_kept_of_a_job_that_is_no_longer_wanted(
    job: Job, change: dict[str, object]
) -> None:
    part = claim(job)
    Job.objects.update(**change)
    assert claim_part(job.pk) is None
    part.heartbeat_at = timezone.now() - LATE
    with pytest.raises(PartLostError):
        keep_part(part)


def test_a_part_that_was_given_back_is_taken_again(job: Job) -> None:
    release_part(claim(job))
    assert claim(job).number == 0


def test_a_part_that_nobody_finishes_fails_the_job_and_names_the_last_worker(job: Job) -> None:
    for _ in range(MAX_ATTEMPTS):
        check_parts(job.pk)
        fall_silent(claim(job))
    assert claim(job).number == 1
    with pytest.raises(PartsFailedError, match=r"Part 0 was begun 3 times.*worker was"):
        check_parts(job.pk)


def test_a_retried_job_has_all_attempts_of_its_parts_and_keeps_what_is_done(job: Job) -> None:
    finish_part(claim(job))
    JobPart.objects.filter(number=1).update(attempts=MAX_ATTEMPTS)
    renew_parts(job.pk)
    assert claim(job).number == 1
    assert claim_part(job.pk) is None
