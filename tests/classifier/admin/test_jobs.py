"""Background work seen, cancelled and retried in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.models import Job
from tests.classifier.admin.conftest import Make


@pytest.fixture
def running(db: None) -> Job:
    return Job.objects.create(
        kind=Job.Kind.BUILD_VERSION,
        status=Job.Status.RUNNING,
        progress=0.4,
        message="embedding new texts: 896 of 2210",
    )


def progress_url(job: Job) -> str:
    return reverse("admin:classifier_job_progress", args=[job.pk])


def test_an_unfinished_job_shows_its_progress_and_asks_again(staff: Client, running: Job) -> None:
    page = staff.get(change_url(running)).content.decode()
    assert 'aria-valuenow="40"' in page
    assert f'hx-get="{progress_url(running)}"' in page
    part = staff.get(progress_url(running)).content.decode()
    assert "embedding new texts: 896 of 2210" in part
    assert "<html" not in part


def test_a_finished_job_has_the_page_loaded_anew_and_asks_no_more(
    staff: Client, running: Job
) -> None:
    Job.objects.update(status=Job.Status.FAILED, error="No encoder.")
    assert staff.get(progress_url(running))["HX-Refresh"] == "true"
    page = staff.get(change_url(running)).content.decode()
    assert "No encoder." in page
    assert "hx-get" not in page.split('id="job-progress"')[1][:200]


def test_cancelling_is_asked_and_then_done(staff: Client, running: Job) -> None:
    url = reverse("admin:classifier_job_cancel", args=[running.pk])
    assert url in staff.get(change_url(running)).content.decode()
    assert "Cancel it" in staff.get(url).content.decode()
    running.refresh_from_db()
    assert running.cancel_requested_at is None
    staff.post(url)
    running.refresh_from_db()
    assert running.cancel_requested_at is not None
    assert "Being cancelled" in staff.get(progress_url(running)).content.decode()


def test_retrying_is_offered_where_it_failed_and_queues_it_again(
    staff: Client, running: Job
) -> None:
    url = reverse("admin:classifier_job_retry", args=[running.pk])
    assert url not in staff.get(change_url(running)).content.decode()
    Job.objects.update(status=Job.Status.FAILED, error="No encoder.")
    assert url in staff.get(change_url(running)).content.decode()
    staff.post(url)
    running.refresh_from_db()
    assert running.status == Job.Status.QUEUED


def test_a_row_of_the_list_renews_itself_until_the_job_ends(staff: Client, running: Job) -> None:
    url = reverse("admin:classifier_job_cell", args=[running.pk])
    page = staff.get(reverse("admin:classifier_job_changelist")).content.decode()
    assert f'hx-get="{url}"' in page
    Job.objects.update(status=Job.Status.SUCCEEDED, message="built")
    cell = staff.get(url).content.decode()
    assert "built" in cell
    assert "hx-get" not in cell


def test_the_log_is_shown(staff: Client, running: Job) -> None:
    running.events.create(text="embedding new texts")
    assert "embedding new texts" in staff.get(progress_url(running)).content.decode()
    Job.objects.update(status=Job.Status.SUCCEEDED)
    assert "embedding new texts" in staff.get(change_url(running)).content.decode()


def test_who_may_not_start_such_work_may_not_end_it(
    client: Client, make_staff: Make, running: Job
) -> None:
    client.force_login(make_staff("classifier.view_job"))
    url = reverse("admin:classifier_job_cancel", args=[running.pk])
    assert url not in client.get(change_url(running)).content.decode()
    assert client.post(url).status_code == 403
