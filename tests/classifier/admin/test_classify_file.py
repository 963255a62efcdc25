"""A file is sent from the admin, its job is watched, and its results are downloaded there."""

import io
import resource
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from classifier.admin.cells import change_url
from classifier.bulk.retention import delete_old_files
from classifier.jobs.runner import run_job
from classifier.models import Activation, Job, ModelVersion
from tests.classifier.admin.conftest import Make

CSV = b"id;text;amount\n1;NETFLIX.COM;-15\n2;;-1\n3;SHELL OIL;-40\n"
NDJSON = b'{"description": "NETFLIX.COM"}\n'
Send = Callable[..., Any]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _uploads_leave_nothing_behind() -> Iterator[None]:
    yield
    shutil.rmtree(Path(django_settings.ARTIFACTS_DIR) / "jobs", ignore_errors=True)
    assert list(Path(django_settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


@pytest.fixture
def send(staff: Client) -> Send:
    """A function that fills in the form as the page shows it and sends it."""

    def send(
        content: bytes = CSV, name: str = "rows.csv", client: Client = staff, **changes: str
    ) -> Any:
        fields = {"column": "text", "amount_column": "amount", "is_whole": "yes", **changes}
        form = {"file": SimpleUploadedFile(name, content), **fields}
        return client.post(reverse("admin:classify_file"), form)

    return send


def test_a_file_is_taken_in_and_leads_to_its_job(send: Send, staff: Client) -> None:
    response = send()
    job = Job.objects.get()
    assert (response.status_code, response["Location"]) == (302, change_url(job))
    assert job.started_by is not None
    assert "Taken in" in staff.get(change_url(job)).content.decode()


def test_the_job_offers_its_results_and_says_what_they_are(send: Send, staff: Client) -> None:
    send()
    job = Job.objects.get()
    address = reverse("job-results", args=[job.pk])
    assert address not in staff.get(change_url(job)).content.decode()
    run_job(job.pk)
    page = staff.get(change_url(job)).content.decode()
    assert f'href="{address}"' in page
    assert "3 rows, 2 with a category, 0 for review, 1 with errors" in page
    assert "1: text: The description is empty." in page
    results = staff.get(address)
    lines = results.getvalue().decode().splitlines()
    results.close()
    assert [line.split(";")[0] for line in lines] == ["id", "1", "2", "3"]


def test_a_job_whose_files_are_gone_says_so(send: Send, staff: Client) -> None:
    send()
    job = Job.objects.get()
    run_job(job.pk)
    days = timedelta(days=django_settings.JOB_FILES_DAYS + 1)
    Job.objects.update(finished_at=timezone.now() - days)
    delete_old_files()
    page = staff.get(change_url(job)).content.decode()
    assert "Its files are no longer kept." in page
    assert reverse("job-results", args=[job.pk]) not in page


def test_what_was_chosen_is_what_is_done(send: Send) -> None:
    send(results="ndjson", answer_prefix="x_", direction_column="")
    options = Job.objects.get().parameters["options"]
    assert (options["format"], options["results"], options["prefix"]) == ("csv", "ndjson", "x_")
    assert options["columns"] == {"description": "text", "amount": "amount", "direction": None}


def test_a_file_of_json_lines_needs_no_columns(send: Send) -> None:
    send(NDJSON, "rows.jsonl", column="description", amount_column="")
    options = Job.objects.get().parameters["options"]
    assert (options["format"], options["columns"]) == ("ndjson", None)


@pytest.mark.parametrize(
    ("content", "name", "changes", "said"),
    [
        (b"", "rows.csv", {}, "The file is empty."),
        (CSV, "rows.dat", {}, "The file&#x27;s name does not tell: CSV or NDJSON?"),
        (CSV, "rows.csv", {"column": ""}, "A CSV file needs it."),
        (CSV, "rows.csv", {"column": "memo"}, "no column “memo”. Its columns: id, text, amount."),
        (CSV, "rows.csv", {"is_whole": ""}, "The file did not arrive whole; send it again."),
        (b"text;level;amount\na;b;1\n", "rows.csv", {}, "has a column “level” already"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    send: Send, content: bytes, name: str, changes: dict[str, str], said: str
) -> None:
    response = send(content, name, **changes)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not Job.objects.exists()


def test_without_an_active_version_the_page_says_why(send: Send) -> None:
    Activation.objects.all().delete()
    ModelVersion.objects.update(status=ModelVersion.Status.RETIRED)
    assert "No version has been activated." in send().content.decode()


class Unread(io.RawIOBase):
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("It was read.")


def test_two_gigabytes_are_refused_before_any_of_them_is_read(admin_user: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    environment: dict[str, Any] = {"wsgi.input": Unread()}
    response = client.generic(
        "POST",
        reverse("admin:classify_file"),
        "",
        MULTIPART_CONTENT,
        CONTENT_LENGTH=str(2 * 1024**3),
        **environment,
    )
    assert response.status_code == 413
    assert "larger than this server takes" in response.content.decode()


def test_the_form_is_protected_from_other_sites(admin_user: Any, send: Send) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert send(client=client).status_code == 403
    assert not Job.objects.exists()


def test_a_full_disk_is_said_and_leaves_nothing(send: Send) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        response = send(CSV + b"4;SHELL OIL;-1\n" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert response.status_code == 507
    assert "There is no room on the server" in response.content.decode()
    assert not Job.objects.exists()


def test_who_may_not_classify_files_has_no_page_and_sends_none(
    client: Client, make_staff: Make, send: Send
) -> None:
    client.force_login(make_staff("classifier.view_job", "classifier.add_prediction"))
    assert client.get(reverse("admin:classify_file")).status_code == 403
    assert send(client=client).status_code == 403
    assert not Job.objects.exists()


def test_the_page_says_what_is_taken(staff: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 64 * 1024 * 1024
    page = staff.get(reverse("admin:classify_file")).content.decode()
    assert "1,000,000 rows and 64 MB" in page
    assert "deleted 7 days after" in page
