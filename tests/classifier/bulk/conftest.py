"""Files sent in, their jobs run in this process, and what came out."""

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from classifier.jobs.runner import run_job
from classifier.models import Job, Prediction

ADDRESS = "/api/v1/classify/jobs"
Send = Callable[..., Any]
Run = Callable[[Any], Job]
Answer = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _no_files_are_left() -> Iterator[None]:
    yield
    shutil.rmtree(Path(settings.ARTIFACTS_DIR) / "jobs", ignore_errors=True)
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


@pytest.fixture
def send(api: APIClient) -> Send:
    """A function from a file's content and name to the API's response."""

    def send(content: bytes | str, name: str = "rows.ndjson", **options: str) -> Any:
        body = content.encode() if isinstance(content, str) else content
        form = {"file": SimpleUploadedFile(name, body), **options}
        return api.post(ADDRESS, form, format="multipart")

    return send


@pytest.fixture
def run() -> Run:
    """A function from the API's response to the job, run to its end."""

    def run(response: Any) -> Job:
        assert response.status_code == 202, response.content
        run_job(response.json()["id"])
        return Job.objects.get(pk=response.json()["id"])

    return run


@pytest.fixture
def answer(send: Send, run: Run, api: APIClient) -> Answer:
    """A function from a file to its rows of results."""

    def answer(content: bytes | str, name: str = "rows.ndjson", **options: str) -> Any:
        job = run(send(content, name, **options))
        assert job.status == Job.Status.SUCCEEDED, job.error
        return read_results(api, job)

    return answer


def fetch(api: APIClient, job: Job) -> bytes:
    response = api.get(f"/api/v1/jobs/{job.pk}/results")
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def read_results(api: APIClient, job: Job) -> list[dict[str, Any]]:
    text = fetch(api, job).decode()
    if job.result["format"] == "csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    return [json.loads(line) for line in text.split("\n")[:-1]]


def lines(*transactions: Any) -> str:
    """NDJSON of transactions, or of bare descriptions."""
    items = [{"description": item} if isinstance(item, str) else item for item in transactions]
    return "".join(json.dumps(item) + "\n" for item in items)


# What `POST classify` says of a description's parts, and a file's results do not.
ONLY_ALONE = ("merchant_span", "location", "processor", "channel", "is_recurring")


def answers_alone(api: APIClient, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What `POST classify` answers, as far as a file's results have it; its predictions go."""
    response = api.post("/api/v1/classify", {"transactions": items})
    results: list[dict[str, Any]] = response.json()["results"]
    for result in results:
        for name in ("prediction_id", *ONLY_ALONE):
            del result[name]
    Prediction.objects.all().delete()
    return results


def stored_files(job: Job) -> set[str]:
    folder = Path(settings.ARTIFACTS_DIR) / job.parameters["folder"]
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
