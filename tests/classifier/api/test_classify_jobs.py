"""A file is taken in with 202 and an address, or refused with what is wrong; nothing between."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier.models import Activation, Job, ModelVersion, Scope
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/classify/jobs"
CSV = b"id,text,amount\n1,NETFLIX.COM,-15\n"
NDJSON = b'{"description": "NETFLIX.COM"}\n'
FILES = Path(django_settings.ARTIFACTS_DIR) / "jobs"
Upload = Callable[..., Any]


@pytest.fixture(autouse=True)
def _uploads_leave_nothing_behind() -> Iterator[None]:
    yield
    folders = list(FILES.iterdir()) if FILES.exists() else []
    shutil.rmtree(FILES, ignore_errors=True)
    assert len(folders) == Job.objects.count()
    assert list(Path(django_settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


@pytest.fixture
def upload(api: APIClient) -> Upload:
    """A function that sends a file as a form."""

    def upload(
        content: bytes = CSV,
        name: str = "rows.csv",
        client: APIClient = api,
        kind: str = "application/octet-stream",
        **options: str,
    ) -> Any:
        form = {"file": SimpleUploadedFile(name, content, kind), "column": "text", **options}
        form = {field: value for field, value in form.items() if value}
        return client.post(ADDRESS, form, format="multipart")

    return upload


@pytest.mark.parametrize("field", ["column", "file"])
def test_a_form_that_has_a_field_twice_is_refused(api: APIClient, field: str) -> None:
    form = {"file": SimpleUploadedFile("rows.csv", CSV), "column": "text"}
    twice = {"column": ["text", "amount"], "file": [SimpleUploadedFile("a.csv", CSV)] * 2}
    response = api.post(ADDRESS, {**form, field: twice[field]}, format="multipart")
    assert response.status_code == 400
    assert response.json()["errors"][0]["detail"] == f"The field “{field}” occurs twice."


def test_a_file_is_taken_in_and_its_job_can_be_asked_for(upload: Upload, api: APIClient) -> None:
    response = upload()
    assert response.status_code == 202
    job = response.json()
    assert (job["kind"], job["status"], job["results_url"]) == ("classify_file", "queued", None)
    assert "no predictions are stored" in job["note"]
    assert response["Location"] == f"/api/v1/jobs/{job['id']}"
    assert api.get(response["Location"]).json() == job


@pytest.mark.parametrize(
    ("name", "kind", "options", "format"),
    [
        ("rows.csv", "", {}, "csv"),
        ("ROWS.TSV", "", {}, "csv"),
        ("rows.ndjson", "", {"column": ""}, "ndjson"),
        ("rows.jsonl", "", {"column": ""}, "ndjson"),
        ("rows", "text/csv", {}, "csv"),
        ("rows", "application/x-ndjson", {"column": ""}, "ndjson"),
        ("rows.csv", "text/csv", {"format": "ndjson", "column": ""}, "ndjson"),
        ("rows.dat", "", {"format": "csv"}, "csv"),
    ],
)
def test_the_format_is_named_or_told_by_the_name_or_the_type(
    upload: Upload, name: str, kind: str, options: dict[str, str], format: str
) -> None:
    response = upload(CSV if format == "csv" else NDJSON, name, kind=kind, **options)
    assert response.status_code == 202, response.content
    assert Job.objects.get().parameters["options"]["format"] == format


@pytest.mark.parametrize(
    ("content", "name", "options", "error"),
    [
        (b"", "rows.csv", {}, ("file", "empty")),
        (CSV, "rows.dat", {}, ("format", "required")),
        (CSV, "rows.csv", {"format": "xlsx"}, ("format", "invalid_choice")),
        (CSV, "rows.csv", {"results": "pdf"}, ("results", "invalid_choice")),
        (CSV, "rows.csv", {"column": ""}, ("column", "required")),
        (CSV, "rows.csv", {"column": "memo"}, ("file", "invalid")),
        (CSV, "rows.csv", {"amount_column": "sum"}, ("file", "invalid")),
        (CSV, "rows.csv", {"direction_column": "way"}, ("file", "invalid")),
        (b"text,text\nA,B\n", "rows.csv", {}, ("file", "invalid")),
        (b"text,level\nA,B\n", "rows.csv", {}, ("file", "invalid")),
        (b"\0\0\0\0\n", "rows.csv", {}, ("file", "invalid")),
        (b"\n\n", "rows.csv", {}, ("file", "invalid")),
        (NDJSON, "rows.ndjson", {}, ("column", "only_csv")),
        (CSV, "rows.csv", {"colour": "red"}, ("colour", "unknown_field")),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_field_named(
    upload: Upload, content: bytes, name: str, options: dict[str, str], error: tuple[str, str]
) -> None:
    response = upload(content, name, **options)
    assert response.status_code == 400
    assert errors_of(response) == [error]
    assert str(django_settings.FILE_UPLOAD_TEMP_DIR) not in response.content.decode()


def test_a_missing_column_is_answered_with_those_there_are(upload: Upload) -> None:
    (error,) = upload(column="memo").json()["errors"]
    assert "no column “memo”. Its columns: id, text, amount" in error["detail"]


def test_columns_of_the_answers_names_are_no_matter_behind_a_prefix_or_in_json(
    upload: Upload,
) -> None:
    content = b"text,level\nA,B\n"
    assert upload(content, prefix="txcat_").status_code == 202
    assert upload(content, results="ndjson").status_code == 202


def test_a_form_without_a_file_is_refused(api: APIClient) -> None:
    response = api.post(ADDRESS, {"file": "rows", "column": "text"}, format="multipart")
    assert errors_of(response) == [("file", "invalid")]
    response = api.post(ADDRESS, {"column": "text"}, format="multipart")
    assert errors_of(response) == [("file", "required")]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"transactions": []}, 400, ("transactions", "empty")),
        ({"transactions": "x"}, 400, ("transactions", "not_a_list")),
        ({}, 400, ("transactions", "required")),
        ([], 400, (None, "parse_error")),
        ({"transactions": [{}], "results": "pdf"}, 400, ("results", "invalid_choice")),
        ({"transactions": [{}], "colour": "red"}, 400, ("colour", "unknown_field")),
        ({"transactions": [{}], "column": "text"}, 400, ("column", "only_csv")),
        ({"transactions": [{}], "version": "v999"}, 422, ("version", "unknown")),
    ],
)
def test_a_body_of_another_shape_is_refused(
    api: APIClient, body: Any, status: int, error: tuple[str | None, str]
) -> None:
    response = api.post(ADDRESS, body)
    assert response.status_code == status
    assert errors_of(response) == [error]


class Unread(io.RawIOBase):
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("It was read.")


@pytest.mark.parametrize("kind", [MULTIPART_CONTENT, "application/json"])
@pytest.mark.parametrize("signs_in", [True, False])
def test_two_gigabytes_are_refused_before_any_of_them_is_read(
    api: APIClient, admin_user: Any, kind: str, signs_in: bool
) -> None:
    client: Client = api
    if signs_in:
        # A session's form holds a token, which may not be looked for either.
        client = Client(enforce_csrf_checks=True)
        client.force_login(admin_user)
    environment: dict[str, Any] = {"wsgi.input": Unread()}
    response = client.generic(
        "POST", ADDRESS, b"", kind, CONTENT_LENGTH=str(2 * 1024**3), **environment
    )
    assert response.status_code == 413
    assert errors_of(response) == [(None, "payload_too_large")]


def test_the_limit_is_a_setting(upload: Upload, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = len(CSV)
    assert upload().status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}, 411),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, 415),
        ({"content_type": "text/csv"}, 415),
        ({"content_type": "application/x-www-form-urlencoded"}, 415),
        ({"content_type": "multipart/form-data"}, 400),
        ({"content_type": "multipart/form-data; boundary=other"}, 400),
    ],
)
def test_what_cannot_be_read_from_its_headers_is_refused(
    api: APIClient, headers: dict[str, str], status: int
) -> None:
    kind = headers.pop("content_type", MULTIPART_CONTENT)
    body = encode_multipart(BOUNDARY, {"column": "text"})
    response = api.generic("POST", ADDRESS, body, kind, **headers)  # type: ignore[arg-type]
    assert response.status_code == status
    errors_of(response)


def test_a_form_that_was_cut_off_on_its_way_is_no_short_file(api: APIClient) -> None:
    form = {"column": "text", "file": SimpleUploadedFile("rows.csv", CSV * 10_000)}
    body = encode_multipart(BOUNDARY, form)
    environment: dict[str, Any] = {"wsgi.input": io.BytesIO(body[: len(body) // 2])}
    response = api.generic(
        "POST", ADDRESS, "", MULTIPART_CONTENT, CONTENT_LENGTH=str(len(body)), **environment
    )
    assert response.status_code == 400
    assert errors_of(response) == [(None, "parse_error")]


def test_the_same_file_sent_again_is_answered_with_the_job_that_runs(upload: Upload) -> None:
    first, again = upload(), upload()
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert first["Location"] == again["Location"]


@pytest.mark.parametrize(
    "change",
    [
        {"content": CSV + b"2,SHELL,-1\n"},
        {"results": "ndjson"},
        {"amount_column": "amount"},
        {"prefix": "x_"},
        {"version": "v1"},
    ],
)
def test_another_file_or_other_options_are_another_job(
    upload: Upload, change: dict[str, Any]
) -> None:
    assert upload().json()["id"] != upload(**change).json()["id"]


def test_the_same_file_of_another_caller_is_another_job(upload: Upload, make_client: Any) -> None:
    assert upload().json()["id"] != upload(client=make_client(Scope.CLASSIFY)).json()["id"]


def test_the_same_file_after_the_job_has_ended_is_another_job(upload: Upload) -> None:
    first = upload().json()["id"]
    Job.objects.update(status=Job.Status.FAILED)
    assert upload().json()["id"] != first


def test_of_two_that_come_at_once_one_is_stored(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second looks for a running job before the first has made it."""
    first = upload().json()["id"]
    with monkeypatch.context() as patch:
        found = Job.objects.unfinished
        looks = iter([Job.objects.none(), found()])
        patch.setattr(Job.objects, "unfinished", lambda: next(looks, found()))
        assert upload().json()["id"] == first


def test_without_an_active_version_nothing_is_taken_in(upload: Upload) -> None:
    Activation.objects.all().delete()
    ModelVersion.objects.update(status=ModelVersion.Status.RETIRED)
    response = upload()
    assert response.status_code == 503
    assert not Job.objects.exists()


def test_a_key_without_the_scope_may_not(upload: Upload, make_client: Any) -> None:
    response = upload(client=make_client(Scope.FEEDBACK))
    assert response.status_code == 403
    assert "“classify”" in response.json()["errors"][0]["detail"]


def test_nobody_may_without_a_key(upload: Upload) -> None:
    assert upload(client=APIClient()).status_code == 401


@pytest.mark.parametrize(
    ("permission", "status"),
    [("classifier.classify_file", 202), ("classifier.add_prediction", 403)],
)
def test_staff_need_the_permission(
    upload: Upload, make_staff: Any, permission: str, status: int
) -> None:
    client = APIClient()
    client.force_login(make_staff(permission))
    assert upload(client=client).status_code == status
