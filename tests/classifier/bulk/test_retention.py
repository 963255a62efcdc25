"""Files are kept for some days after their job, and what belongs to no job for one."""

import os
from datetime import timedelta
from pathlib import Path
from time import time

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from classifier.bulk.files import JobFiles
from classifier.bulk.retention import delete_old_files
from classifier.jobs.queue import retry
from classifier.models import Job, JobPart
from tests.classifier.bulk.conftest import Run, Send, lines, stored_files

pytestmark = pytest.mark.django_db

OLD = timedelta(days=settings.JOB_FILES_DAYS, minutes=1)
DAYS_AGO = time() - timedelta(days=2).total_seconds()


def test_the_files_of_an_old_job_go_and_its_row_says_so(
    send: Send, run: Run, api: APIClient
) -> None:
    job = run(send(lines("NETFLIX.COM")))
    assert delete_old_files() == 0
    assert stored_files(job)
    Job.objects.update(finished_at=timezone.now() - OLD)
    assert delete_old_files() == 1
    assert not stored_files(job)
    assert api.get(f"/api/v1/jobs/{job.pk}").json()["results_url"] is None
    gone = api.get(f"/api/v1/jobs/{job.pk}/results")
    assert gone.status_code == 404
    assert "no longer kept" in gone.json()["errors"][0]["detail"]
    assert delete_old_files() == 0


def test_an_old_job_that_failed_loses_its_parts_too_and_cannot_be_taken_up(
    send: Send, run: Run, admin_user: User
) -> None:
    response = send(lines("NETFLIX.COM"))
    job = Job.objects.get()
    JobPart.objects.create(job=job, number=0, size=1)
    Job.objects.update(status=Job.Status.FAILED, finished_at=timezone.now() - OLD)
    assert delete_old_files() == 1
    assert not JobPart.objects.exists()
    retry(job, admin_user)
    assert "no longer kept" in run(response).error


def test_an_unfinished_job_keeps_its_files_however_old_it_is(send: Send) -> None:
    send(lines("NETFLIX.COM"))
    job = Job.objects.get()
    path = Path(settings.ARTIFACTS_DIR) / job.parameters["folder"] / "input"
    os.utime(path, (DAYS_AGO, DAYS_AGO))
    assert delete_old_files() == 0
    assert stored_files(job) == {"input"}


def test_what_uploads_that_were_cut_off_have_left_goes(tmp_path: Path) -> None:
    orphan, fresh = JobFiles.new(), JobFiles.new()
    for files in (orphan, fresh):
        files.write_json("input", 1)
    stored = Path(settings.ARTIFACTS_DIR) / orphan.folder / "input"
    halves = [Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{name}.upload.csv" for name in ("old", "new")]
    for half in halves:
        half.write_text("half")
    for path in (stored, halves[0]):
        os.utime(path, (DAYS_AGO, DAYS_AGO))
    delete_old_files()
    assert (orphan.has("input"), fresh.has("input")) == (False, True)
    assert [half.exists() for half in halves] == [False, True]
    halves[1].unlink()
