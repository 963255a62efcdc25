"""Files are whole under their names or not there, wherever they are stored."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import InMemoryStorage, storages
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier.bulk.files import JobFiles
from classifier.exceptions import StorageError
from classifier.models import Job, JobPart
from tests.classifier.bulk.conftest import ADDRESS, Answer, Run, Send, lines, stored_files

CONTENT = lines(*(f"MARKET OF TOWN {'ABCDEFGHIJ'[number % 10] * 4}" for number in range(2000)))


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file can grow over `size` bytes, as on a device or in a quota that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Elsewhere(InMemoryStorage):
    """A storage that is no folder of this machine, as an object store is none."""


@pytest.fixture
def elsewhere(settings: Settings) -> None:
    backend = {"BACKEND": f"{Elsewhere.__module__}.{Elsewhere.__qualname__}"}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}


@pytest.fixture(params=["here", "elsewhere"])
def files(request: pytest.FixtureRequest) -> JobFiles:
    if request.param == "elsewhere":
        request.getfixturevalue("elsewhere")
    return JobFiles.new()


def test_what_is_written_is_there_when_it_is_whole(files: JobFiles) -> None:
    with files.writing("parts/1") as file:
        file.write(b"one")
        file.flush()
        assert not files.has("parts/1")
    assert files.size("parts/1") == 3
    with files.writing("parts/1") as file:
        file.write(b"other")
    with files.open("parts/1") as found:
        assert found.read() == b"other"


def test_what_was_broken_off_is_not_there_and_leaves_what_was(files: JobFiles) -> None:
    files.write_json("a", 1)
    with suppress(ZeroDivisionError), files.writing("a") as file:
        file.write(b"2")
        raise ZeroDivisionError
    assert files.read_json("a") == 1
    files.delete()
    assert not files.has("a")


def test_a_file_that_is_taken_in_leaves_its_place(files: JobFiles, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    files.take("input", source)
    assert files.local("input", tmp_path / "copies").read_bytes() == b"content"


def test_some_files_can_be_kept_while_the_rest_goes(files: JobFiles) -> None:
    for name in ("input", "parts/1", "results"):
        files.write_json(name, name)
    files.delete(but=("results",))
    assert [files.has(name) for name in ("input", "parts/1", "results")] == [False, False, True]
    files.delete()
    files.delete()
    assert not files.has("results")


def test_what_is_not_there_is_named(files: JobFiles, tmp_path: Path) -> None:
    for ask in (files.open, lambda name: files.local(name, tmp_path)):
        with pytest.raises(StorageError, match=r"jobs/.*/input is not there"):
            ask("input")


@pytest.mark.django_db
def test_a_job_can_be_done_with_files_that_are_elsewhere(elsewhere: None, answer: Answer) -> None:
    rows = answer(lines("NETFLIX.COM", "", "NETFLIX.COM"))
    assert [row["row"] for row in rows] == [1, 2, 3]
    assert rows[0]["category"] == rows[2]["category"]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["multipart", "json"])
def test_an_upload_that_finds_no_room_is_answered_507_and_leaves_nothing(
    send: Send, api: APIClient, kind: str
) -> None:
    with room_for(10_000):
        if kind == "multipart":
            response = send(CONTENT)
        else:
            items = [{"description": "x" * 400}] * 200
            response = api.post(ADDRESS, {"transactions": items})
    assert response.status_code == 507
    assert response.json()["errors"][0]["code"] == "insufficient_storage"
    assert not Job.objects.exists()
    assert not storages["artifacts"].exists("jobs")


@pytest.mark.django_db
def test_a_job_that_finds_no_room_fails_with_the_reason_and_can_be_retried(
    send: Send, run: Run, admin_user: Any
) -> None:
    from classifier.jobs.queue import retry

    response = send(CONTENT)
    with room_for(100_000):
        job = run(response)
    assert (job.status, job.error) == (
        Job.Status.FAILED,
        "There is no room to store the job's files.",
    )
    assert "results" not in stored_files(job)
    retry(job, admin_user)
    assert run(response).status == Job.Status.SUCCEEDED
    assert not JobPart.objects.exists()
