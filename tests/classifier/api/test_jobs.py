"""Background work can be asked about and ended by those it concerns."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from classifier.models import ApiKey, Job, Scope
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(api: APIClient) -> Job:
    return Job.objects.create(
        kind=Job.Kind.CLASSIFY_FILE,
        status=Job.Status.RUNNING,
        progress=0.25,
        message="deciding: 4,096 of 16,384 texts",
        attempts=1,
        api_key=ApiKey.objects.get(),
    )


@pytest.fixture
def build(db: None) -> Job:
    return Job.objects.create(kind=Job.Kind.BUILD_VERSION)


def address(job: Job, what: str = "") -> str:
    return f"/api/v1/jobs/{job.pk}{what}"


def staff(make_staff: Any, *permissions: str) -> APIClient:
    client = APIClient()
    client.force_login(make_staff(*permissions))
    return client


def test_a_job_is_shown_as_it_stands(api: APIClient, job: Job) -> None:
    shown = api.get(address(job)).json()
    assert shown["id"] == job.pk
    assert (shown["status"], shown["progress"], shown["attempts"]) == ("running", 0.25, 1)
    assert shown["message"] == "deciding: 4,096 of 16,384 texts"
    assert shown["result"] is shown["error"] is shown["results_url"] is None


def test_a_job_that_failed_says_why(api: APIClient, job: Job) -> None:
    Job.objects.update(status=Job.Status.FAILED, error="The file has more than 1,000,000 rows.")
    assert api.get(address(job)).json()["error"] == "The file has more than 1,000,000 rows."


def test_any_key_with_the_scope_sees_the_jobs_of_files_and_no_others(
    make_client: Any, job: Job, build: Job
) -> None:
    client = make_client(Scope.CLASSIFY)
    assert client.get(address(job)).status_code == 200
    for what in ("", "/results"):
        assert client.get(address(build, what)).status_code == 404
    assert client.post(address(build, "/cancel")).status_code == 404
    assert make_client(Scope.CURATE).get(address(job)).status_code == 403


def test_staff_who_may_see_jobs_see_all_of_them(make_staff: Any, job: Job, build: Job) -> None:
    client = staff(make_staff, "classifier.view_job")
    assert client.get(address(build)).json()["kind"] == "build_version"
    assert client.get(address(job)).status_code == 200
    response = client.get(address(build, "/results"))
    assert errors_of(response) == [(None, "not_found")]


def test_staff_who_may_not_see_jobs_see_none(make_staff: Any, job: Job) -> None:
    client = staff(make_staff, "classifier.add_prediction", "classifier.classify_file")
    assert client.get(address(job)).status_code == 403


@pytest.mark.parametrize("job_id", [0, 10**30])
def test_there_is_no_such_job(api: APIClient, job_id: int) -> None:
    response = api.get(f"/api/v1/jobs/{job_id}")
    assert response.status_code == 404
    assert errors_of(response) == [(None, "not_found")]


def test_a_waiting_job_is_cancelled_at_once(api: APIClient, job: Job) -> None:
    Job.objects.update(status=Job.Status.QUEUED)
    assert api.post(address(job, "/cancel")).json()["status"] == "cancelled"
    assert api.post(address(job, "/cancel")).json()["status"] == "cancelled"


def test_a_running_job_is_asked_to_end(api: APIClient, job: Job) -> None:
    assert api.post(address(job, "/cancel")).json()["status"] == "running"
    job.refresh_from_db()
    assert job.cancel_requested_at is not None


def test_another_key_may_not_cancel_it(make_client: Any, job: Job) -> None:
    response = make_client(Scope.CLASSIFY).post(address(job, "/cancel"))
    assert response.status_code == 403
    assert errors_of(response) == [(None, "permission_denied")]


@pytest.mark.parametrize(
    ("permission", "status"), [("classifier.classify_file", 200), ("classifier.view_job", 403)]
)
def test_staff_need_the_permission_of_the_kind_to_cancel(
    make_staff: Any, job: Job, permission: str, status: int
) -> None:
    client = staff(make_staff, "classifier.view_job", permission)
    assert client.post(address(job, "/cancel")).status_code == status
