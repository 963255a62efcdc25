"""Background work seen and given up in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.models import Job


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


def test_giving_up_is_asked_and_then_done(staff: Client, running: Job) -> None:
    url = reverse("admin:classifier_job_abandon", args=[running.pk])
    assert "Give it up" in staff.get(url).content.decode()
    running.refresh_from_db()
    assert running.is_unfinished
    staff.post(url)
    running.refresh_from_db()
    assert (running.status, running.error) == (Job.Status.FAILED, "Given up by ada.")
