"""Tables are exported from their list, and imported with a preview before."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from pytest_django import Settings

from classifier.admin.cells import change_url, changelist_url
from classifier.bulk.files import JobFiles
from classifier.bulk.retention import delete_old_files
from classifier.jobs.runner import run_job
from classifier.models import Category, Example, Job, Rule
from classifier.tables import submission
from classifier.tables.formats import CsvFormat, XlsxFormat
from tests.classifier.admin.conftest import Make
from tests.classifier.tables.conftest import csv_of, xlsx_of

HEADER = ("category", "text")
GOOD = csv_of(HEADER, ("coffee-shops", "ZORBLAX COFFEE"), ("groceries", "QUIBBLEMART"))
BAD = csv_of(HEADER, ("coffee-shops", "ZORBLAX COFFEE"), ("nowhere", "<b>QUIBBLEMART</b>"))
Send = Callable[..., Any]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_go() -> Iterator[None]:
    yield
    shutil.rmtree(Path(django_settings.ARTIFACTS_DIR) / "jobs", ignore_errors=True)
    assert list(Path(django_settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []


@pytest.fixture
def send(staff: Client) -> Send:
    """A function from a file to the page that answers it."""

    def send(content: bytes, name: str = "examples.csv", table: str = "example") -> Any:
        form = {"file": SimpleUploadedFile(name, content), "is_whole": "yes"}
        return staff.post(reverse(f"admin:classifier_{table}_import"), form)

    return send


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "SMALL_ROWS", 0)


def ticket_in(response: Any) -> str:
    return str(response.content.decode().split('name="ticket" value="')[1].split('"')[0])


def apply_ticket(client: Client, ticket: str, table: str = "example") -> Any:
    address = reverse(f"admin:classifier_{table}_process_import")
    return client.post(address, {"ticket": ticket}, follow=True)


def stored() -> list[str]:
    folder = Path(django_settings.ARTIFACTS_DIR) / "jobs"
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_a_small_file_is_shown_first_and_imported_by_another_click(
    send: Send, staff: Client, admin_user: User
) -> None:
    page = send(GOOD)
    assert page.status_code == 200
    assert "examples.csv: 2 new, 0 changed, 0 unchanged. Nothing is imported yet." in (
        page.content.decode()
    )
    assert not Example.objects.filter(text="QUIBBLEMART").exists()
    done = apply_ticket(staff, ticket_in(page))
    assert "Imported: 2 new, 0 changed, 0 unchanged." in done.content.decode()
    act = Example.objects.get(text="QUIBBLEMART").history.get()
    assert act.history_user == admin_user
    assert act.history_change_reason == "Import of examples.csv"
    assert stored() == []


def test_errors_are_shown_by_row_and_nothing_can_be_applied(send: Send) -> None:
    page = send(BAD).content.decode()
    assert ", 1 error. Nothing can be imported" in page
    assert '<th scope="row">3</th><td>category</td>' in page
    assert "No category has the slug “nowhere”." in page
    assert 'name="ticket"' not in page
    assert stored() == []


def test_what_would_change_is_shown_beside_what_is(send: Send) -> None:
    Example.objects.create(
        category=Category.objects.get(slug="coffee-shops"), text="ZORBLAX", note="<i>old</i>"
    )
    header = (*HEADER, "note")
    page = send(csv_of(header, ("coffee-shops", "ZORBLAX", "new note"))).content.decode()
    assert "0 new, 1 changed" in page
    assert "&lt;i&gt;old&lt;/i&gt;" in page
    assert "new note" in page


def test_a_name_cannot_break_the_page(send: Send) -> None:
    content = csv_of(HEADER, ("<script>alert(1)</script>", "ZORBLAX"))
    page = send(content, name="<img src=x>.csv").content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x>" not in page


def test_a_file_that_changes_nothing_has_nothing_to_apply(send: Send, staff: Client) -> None:
    apply_ticket(staff, ticket_in(send(GOOD)))
    page = send(GOOD).content.decode()
    assert "There is nothing to import." in page
    assert 'name="ticket"' not in page


def test_a_workbook_will_do(send: Send, staff: Client) -> None:
    page = send(xlsx_of(HEADER, ("coffee-shops", "ZORBLAX COFFEE")), name="x.xlsx")
    apply_ticket(staff, ticket_in(page))
    assert Example.objects.filter(text="ZORBLAX COFFEE").exists()


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "x.csv", "The file is empty."),
        (b"a,b", "x.xlsx", "no XLSX workbook"),
        (b"text\nZORBLAX", "x.csv", "no column “category”"),
        (b"category,text,colour\na,b,c", "x.csv", "not known: “colour”"),
        (b"category,text\n", "x.csv", "no rows below its header"),
        (bytes(range(256)) * 40, "x.csv", "column"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_file(
    send: Send, content: bytes, name: str, problem: str
) -> None:
    page = send(content, name)
    assert page.status_code == 200
    assert problem in page.content.decode()
    assert not Job.objects.exists()
    assert stored() == []


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    send: Send, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    page = send(GOOD + b"\n" * 200)
    assert page.status_code == 413
    assert "larger than this server takes" in page.content.decode()


def test_a_ticket_is_its_holders_own_and_of_its_table(
    send: Send, staff: Client, client: Client, make_staff: Make
) -> None:
    ticket = ticket_in(send(GOOD))
    other = Client()
    other.force_login(make_staff("classifier.import_example", "classifier.view_example"))
    for refused in (
        apply_ticket(other, ticket),
        apply_ticket(staff, ticket, table="category"),
        apply_ticket(staff, "forged"),
    ):
        assert "send the file again" in refused.content.decode()
    assert not Example.objects.filter(text="QUIBBLEMART").exists()


def test_a_preview_whose_file_is_gone_says_so(send: Send, staff: Client) -> None:
    ticket = ticket_in(send(GOOD))
    shutil.rmtree(Path(django_settings.ARTIFACTS_DIR) / "jobs")
    assert "is not there" in apply_ticket(staff, ticket).content.decode()


def test_what_no_longer_fits_is_not_imported(send: Send, staff: Client) -> None:
    ticket = ticket_in(send(GOOD))
    Example.objects.create(category=Category.objects.get(slug="coffee-shops"), text="Quibblemart")
    page = apply_ticket(staff, ticket).content.decode()
    assert "the file no longer fits (1 new, 0 changed, 0 unchanged, 1 error). Row 3: " in page
    assert not Example.objects.filter(text="ZORBLAX COFFEE").exists()


def test_a_large_file_is_looked_at_by_a_job_and_imported_by_another(
    send: Send, staff: Client, admin_user: User, everything_is_large: None
) -> None:
    response = send(GOOD)
    job = Job.objects.get()
    assert response["Location"] == change_url(job)
    run_job(job.pk)
    page = staff.get(change_url(job)).content.decode()
    assert "examples.csv: 2 new, 0 changed, 0 unchanged. Nothing is imported yet." in page
    assert not Example.objects.filter(text="QUIBBLEMART").exists()
    address = reverse("admin:classifier_job_apply", args=[job.pk])
    assert address in page
    assert "2 new" in staff.get(address).content.decode()
    queued = staff.post(address)
    second = Job.objects.latest("id")
    assert queued["Location"] == change_url(second)
    run_job(second.pk)
    second.refresh_from_db()
    assert (second.status, second.message) == ("succeeded", "2 new, 0 changed, 0 unchanged.")
    assert "Imported." in staff.get(change_url(second)).content.decode()
    act = Example.objects.get(text="QUIBBLEMART").history.get()
    assert act.history_user == admin_user
    assert act.history_change_reason == f"Import (job {second.pk}) of examples.csv"


def test_a_job_that_found_errors_shows_them_and_cannot_be_applied(
    send: Send, staff: Client, everything_is_large: None
) -> None:
    send(BAD)
    job = Job.objects.get()
    run_job(job.pk)
    page = staff.get(change_url(job)).content.decode()
    assert "No category has the slug “nowhere”." in page
    address = reverse("admin:classifier_job_apply", args=[job.pk])
    assert address not in page
    refused = staff.post(address, follow=True)
    assert "has nothing to import" in refused.content.decode()
    assert Job.objects.count() == 1


def test_the_columns_of_a_large_csv_file_are_looked_at_at_once(
    send: Send, everything_is_large: None
) -> None:
    assert "no column “category”" in send(b"text\nZORBLAX").content.decode()
    assert not Job.objects.exists()


def test_a_large_workbook_that_cannot_be_imported_fails_its_job_with_the_reason(
    send: Send, everything_is_large: None
) -> None:
    send(xlsx_of(("text",), ("ZORBLAX",)), name="x.xlsx")
    job = Job.objects.get()
    run_job(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.FAILED
    assert "It has no column “category”" in job.error


def test_two_clicks_import_once(send: Send, staff: Client, everything_is_large: None) -> None:
    send(GOOD)
    job = Job.objects.get()
    run_job(job.pk)
    address = reverse("admin:classifier_job_apply", args=[job.pk])
    staff.post(address)
    again = staff.post(address, follow=True).content.decode()
    assert "there can be one at a time" in again
    assert Job.objects.count() == 2


def test_an_import_that_is_done_again_after_its_worker_was_lost_changes_nothing(
    send: Send, staff: Client, everything_is_large: None
) -> None:
    send(GOOD)
    run_job(Job.objects.get().pk)
    staff.post(reverse("admin:classifier_job_apply", args=[Job.objects.get().pk]))
    second = Job.objects.latest("id")
    run_job(second.pk)
    before = Example.history.count()
    Job.objects.filter(pk=second.pk).update(status=Job.Status.QUEUED)
    run_job(second.pk)
    second.refresh_from_db()
    assert second.message == "0 new, 0 changed, 2 unchanged."
    assert Example.history.count() == before


def test_the_file_of_an_old_job_goes_and_it_can_no_longer_be_applied(
    send: Send, staff: Client, everything_is_large: None, settings: Settings
) -> None:
    send(GOOD)
    job = Job.objects.get()
    run_job(job.pk)
    settings.JOB_FILES_DAYS = 0
    assert delete_old_files() == 1
    assert not JobFiles(job.parameters["folder"]).has("input")
    assert "/apply/" not in staff.get(change_url(job)).content.decode()


def test_who_may_import_one_table_does_not_manage_the_jobs_of_another(
    send: Send, everything_is_large: None, client: Client, make_staff: Make
) -> None:
    send(GOOD)
    job = Job.objects.get()
    address = reverse("admin:classifier_job_cancel", args=[job.pk])
    client.force_login(make_staff("classifier.view_job", "classifier.import_category"))
    assert client.get(address).status_code == 403


def export(client: Client, table: str, format: type[Any], query: str = "") -> Any:
    place = [CsvFormat, XlsxFormat].index(format)
    address = reverse(f"admin:classifier_{table}_export")
    return client.post(address + query, {"format": str(place), "resource": "0"})


@pytest.mark.parametrize("table", ["category", "example", "rule"])
@pytest.mark.parametrize("format", [CsvFormat, XlsxFormat])
def test_what_is_exported_can_be_imported_and_changes_nothing(
    staff: Client, send: Send, table: str, format: type[Any], everything_is_large: None
) -> None:
    Example.objects.create(
        category=Category.objects.get(slug="coffee-shops"), text="=ZORBLAX()", note="\t'-@x, é"
    )
    Rule.objects.create(
        kind="exact", pattern="zorblax", category=Category.objects.all()[5], note="@x"
    )
    file = export(staff, table, format)
    assert file.status_code == 200
    assert "attachment" in file["Content-Disposition"]
    send(file.content, name="again", table=table)
    run_job(Job.objects.get().pk)
    count = apps.get_model("classifier", table)._default_manager.count()
    assert Job.objects.get().message.startswith(f"0 new, 0 changed, {count:,} unchanged.")


def test_no_exported_cell_is_a_formula(staff: Client) -> None:
    Example.objects.create(
        category=Category.objects.get(slug="coffee-shops"), text="=HYPERLINK(ZORBLAX)", note="+1"
    )
    sheet = load_workbook(io.BytesIO(export(staff, "example", XlsxFormat).content)).active
    cells = {cell.value for row in sheet.iter_rows() for cell in row}
    assert {"'=HYPERLINK(ZORBLAX)", "'+1"} <= cells
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert "'=HYPERLINK(ZORBLAX)" in export(staff, "example", CsvFormat).content.decode()


def test_an_export_has_the_rows_of_the_list_it_was_asked_from(staff: Client) -> None:
    coffee = Category.objects.get(slug="coffee-shops")
    content = export(staff, "example", CsvFormat, f"?category={coffee.pk}").content.decode()
    assert len(content.splitlines()) == 1 + coffee.examples.count()


def test_the_buttons_and_pages_are_those_of_who_has_the_permission(
    client: Client, make_staff: Make
) -> None:
    client.force_login(make_staff("classifier.view_example", "classifier.export_example"))
    page = client.get(changelist_url(Example)).content.decode()
    assert reverse("admin:classifier_example_export") in page
    assert reverse("admin:classifier_example_import") not in page
    assert client.get(reverse("admin:classifier_example_import")).status_code == 403
    assert client.post(reverse("admin:classifier_example_process_import")).status_code == 403
    assert client.get(reverse("admin:classifier_category_export")).status_code == 403
    assert export(client, "example", CsvFormat).status_code == 200


def test_a_preview_is_not_had_by_a_link(staff: Client) -> None:
    address = reverse("admin:classifier_example_process_import")
    assert staff.get(address).status_code == 405


def test_a_form_without_its_token_is_refused(admin_user: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    form = {"file": SimpleUploadedFile("x.csv", GOOD), "is_whole": "yes"}
    assert strict.post(reverse("admin:classifier_example_import"), form).status_code == 403
    ticket = {"ticket": "x"}
    address = reverse("admin:classifier_example_process_import")
    assert strict.post(address, ticket).status_code == 403
