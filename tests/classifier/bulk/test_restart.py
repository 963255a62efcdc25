"""Work that was cut off is taken up, and nothing is done twice that shows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.utils import timezone
from rest_framework.test import APIClient

from classifier.bulk import split, work
from classifier.bulk.decide import PartDecider
from classifier.bulk.files import JobFiles
from classifier.jobs.context import JobContext
from classifier.jobs.parts import claim_part, keep_part
from classifier.jobs.queue import recover_lost_jobs, retry
from classifier.jobs.runner import run_job
from classifier.models import Job, JobPart, ModelVersion
from tests.classifier.bulk.conftest import Run, Send, fetch, lines

pytestmark = pytest.mark.django_db

SILENT = timedelta(seconds=settings.JOB_STALE_SECONDS + 1)
WORDS = (
    "ALPHA", "BRAVO", "CRAB", "DELTA", "ECHO", "FOXTROT", "ALPHA", "GOLF",
    "HOTEL", "INDIA", "JULIETT", "KILO", "LIMA", "MIKE", "ALPHA",
)  # fmt: skip
# Four parts of three texts and one of one, with repeats and an error among them.
CONTENT = lines(
    *({"description": f"{word} MARKET", "transaction_id": word} for word in WORDS[:8]),
    {"description": ""},
    *(f"{word} MARKET" for word in WORDS[8:]),
)


class KilledError(BaseException):
    """What nothing in the program catches, like the end of its process."""


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (split, work):
        monkeypatch.setattr(module, "PART_SIZE", 3)
    monkeypatch.setattr(work, "WAIT_SECONDS", 0)


@pytest.fixture
def undisturbed(send: Send, run: Run, api: APIClient) -> bytes:
    """The results of a run that nothing happened to."""
    return fetch(api, run(send(CONTENT)))


def kill(job_id: int, at: str, nth: int = 1) -> None:
    """Run a job until it has written its nth file whose name begins with `at`, and lose it there,
    before or after a row could tell."""
    written = 0

    class KillingFiles(JobFiles):
        def writing(self, name: str) -> Any:
            nonlocal written
            written += name.startswith(at)
            if written == nth:
                raise KilledError
            return super().writing(name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "JobFiles", KillingFiles)
        # Its row stays as it was, as that of a process that is gone.
        patch.setattr("classifier.jobs.runner.change_status", _only_claim)
        patch.setattr(work, "release_part", lambda part: None)
        with pytest.raises(KilledError):
            run_job(job_id)
    Job.objects.filter(pk=job_id).update(heartbeat_at=timezone.now() - SILENT)
    JobPart.objects.filter(job_id=job_id).update(heartbeat_at=timezone.now() - SILENT)


def _only_claim(job_id: int, before: Any, after: Job.Status, **fields: Any) -> bool:
    from classifier.jobs.transitions import change_status

    return after == Job.Status.RUNNING and change_status(job_id, before, after, **fields)


@pytest.mark.parametrize(
    ("at", "nth"),
    [
        ("parts/00000.keys", 1),
        ("parts/00002.keys", 1),
        ("index", 1),
        ("split.json", 1),
        ("parts/00000.answers", 1),
        ("parts/00003.answers", 1),
        ("results", 1),
        ("result.json", 1),
    ],
)
def test_a_job_that_was_lost_at_any_file_ends_as_one_that_was_not(
    send: Send, api: APIClient, undisturbed: bytes, at: str, nth: int
) -> None:
    job_id = send(CONTENT).json()["id"]
    kill(job_id, at, nth)
    assert recover_lost_jobs() == 1
    run_job(job_id)
    job = Job.objects.get(pk=job_id)
    assert (job.status, job.error) == (Job.Status.SUCCEEDED, "")
    assert fetch(api, job) == undisturbed
    assert job.result["rows"] == undisturbed.count(b"\n")


def test_a_job_that_comes_on_between_its_losses_is_not_given_up(
    send: Send, api: APIClient, undisturbed: bytes
) -> None:
    job_id = send(CONTENT).json()["id"]
    for part in range(5):
        kill(job_id, f"parts/{part:05}.answers")
        assert recover_lost_jobs() == 1
    run_job(job_id)
    assert fetch(api, Job.objects.get(pk=job_id)) == undisturbed


def test_a_job_that_is_lost_again_and_again_at_one_place_is_given_up(send: Send) -> None:
    job_id = send(CONTENT).json()["id"]
    for _ in range(3):
        kill(job_id, "parts/00001.answers")
        recover_lost_jobs()
    assert Job.objects.get(pk=job_id).status == Job.Status.FAILED


def test_what_was_decided_before_is_not_decided_again(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = send(CONTENT).json()["id"]
    kill(job_id, "parts/00003.answers")
    recover_lost_jobs()
    decided: list[int] = []
    decide = PartDecider.decide

    def counted(self: Any, number: int, keep: Callable[[], None]) -> None:
        decided.append(number)
        decide(self, number, keep)

    monkeypatch.setattr(PartDecider, "decide", counted)
    run_job(job_id)
    assert decided == [3, 4]


def test_a_part_whose_worker_was_lost_is_done_by_another(
    send: Send, api: APIClient, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A helper takes a part and is never heard of again."""
    job_id = send(CONTENT).json()["id"]
    taken: list[int] = []
    decide = work.FileWork._decide

    def decide_beside_a_lost_helper(self: Any, *arguments: Any) -> None:
        part = claim_part(job_id)
        assert part is not None
        taken.append(part.number)
        JobPart.objects.filter(pk=part.pk).update(heartbeat_at=timezone.now() - SILENT)
        decide(self, *arguments)

    monkeypatch.setattr(work.FileWork, "_decide", decide_beside_a_lost_helper)
    run_job(job_id)
    assert taken == [0]
    assert fetch(api, Job.objects.get(pk=job_id)) == undisturbed


def test_a_part_that_was_taken_from_the_jobs_own_worker_ends_no_job(
    send: Send, api: APIClient, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was silent for so long that a helper took its part, and did that and the others."""
    job_id = send(CONTENT).json()["id"]
    slow: list[int] = []
    decide = PartDecider.decide

    def decide_slowly(self: Any, number: int, keep: Callable[[], None]) -> None:
        if not slow:
            slow.append(number)
            JobPart.objects.update(heartbeat_at=timezone.now() - SILENT)
            work.help_with_parts(job_id)
        decide(self, number, keep)

    def keep_after_long(part: JobPart) -> None:
        assert part.heartbeat_at is not None
        part.heartbeat_at -= SILENT
        keep_part(part)

    monkeypatch.setattr(PartDecider, "decide", decide_slowly)
    monkeypatch.setattr(work, "keep_part", keep_after_long)
    run_job(job_id)
    job = Job.objects.get(pk=job_id)
    assert (slow, job.status, job.error) == ([0], Job.Status.SUCCEEDED, "")
    assert fetch(api, job) == undisturbed


def test_helpers_take_parts_from_the_jobs_own_worker(
    send: Send, api: APIClient, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = send(CONTENT).json()["id"]
    decide = work.FileWork._decide

    def decide_after_helpers(self: Any, *arguments: Any) -> None:
        work.help_with_parts(job_id)
        assert set(JobPart.objects.values_list("status", flat=True)) == {JobPart.Status.DONE}
        decide(self, *arguments)

    monkeypatch.setattr(work.FileWork, "_decide", decide_after_helpers)
    run_job(job_id)
    assert fetch(api, Job.objects.get(pk=job_id)) == undisturbed


def test_a_helper_that_comes_too_late_has_nothing_to_do(send: Send, run: Run) -> None:
    job = run(send(CONTENT))
    work.help_with_parts(job.pk)
    work.help_with_parts(job.pk + 1)
    assert not JobPart.objects.exists()


def test_a_part_that_no_worker_finishes_ends_the_job_with_the_reason(
    send: Send, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = send(CONTENT)
    decide = work.FileWork._decide

    def decide_with_a_part_used_up(self: Any, *arguments: Any) -> None:
        JobPart.objects.filter(number=2).update(attempts=3, worker="elsewhere:1")
        decide(self, *arguments)

    monkeypatch.setattr(work.FileWork, "_decide", decide_with_a_part_used_up)
    job = run(response)
    assert job.status == Job.Status.FAILED
    assert job.error == (
        "Part 2 was begun 3 times and never finished; the last worker was elsewhere:1."
    )


def test_a_retried_job_goes_on_from_what_is_done(
    send: Send, api: APIClient, admin_user: User, undisturbed: bytes
) -> None:
    job_id = send(CONTENT).json()["id"]
    kill(job_id, "parts/00003.answers")
    Job.objects.update(status=Job.Status.FAILED, claim=None)
    JobPart.objects.exclude(status=JobPart.Status.DONE).update(attempts=3)
    job = Job.objects.get(pk=job_id)
    retry(job, admin_user)
    run_job(job_id)
    job.refresh_from_db()
    assert (job.status, job.attempts) == (Job.Status.SUCCEEDED, 1)
    assert fetch(api, job) == undisturbed


def test_a_cancelled_job_ends_at_its_next_word(
    send: Send, run: Run, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = send(CONTENT)

    def add_part_and_cancel(job: Job, number: int, size: int) -> None:
        JobPart.objects.create(job=job, number=number, size=size)
        api.post(f"/api/v1/jobs/{job.pk}/cancel")

    monkeypatch.setattr(work, "_add_part", add_part_and_cancel)
    check = JobContext.check

    def beat_and_check(self: JobContext) -> None:
        self.beat()
        check(self)

    monkeypatch.setattr(JobContext, "check", beat_and_check)
    job = run(response)
    assert job.status == Job.Status.CANCELLED
    assert api.get(f"/api/v1/jobs/{job.pk}/results").status_code == 409


def test_a_version_of_another_normalizer_is_refused_before_the_work(
    send: Send, run: Run, active_version: ModelVersion
) -> None:
    response = send(CONTENT)
    ModelVersion.objects.filter(pk=active_version.pk).update(normalizer_version=0)
    job = run(response)
    assert job.status == Job.Status.FAILED
    assert "was built with normalizer 0" in job.error
    assert not JobPart.objects.exists()


def test_a_job_whose_input_is_gone_says_so(send: Send, run: Run) -> None:
    response = send(CONTENT)
    folder = Job.objects.get().parameters["folder"]
    storages["artifacts"].delete(f"{folder}/input")
    assert run(response).error == "The file that was sent is no longer kept; send it again."
