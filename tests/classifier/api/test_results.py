"""Results are fetched whole or in parts, and a part of another file is never taken for one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from classifier.bulk.files import JobFiles
from classifier.models import Job
from classifier.ranges import read_range
from classifier.refusals import RangeNotSatisfiable
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db

CONTENT = bytes(range(256)) * 2000
SIZE = len(CONTENT)
ETAG = '"5f1d"'


@pytest.fixture
def job(db: None) -> Any:
    files = JobFiles.new()
    with files.writing("results") as file:
        file.write(CONTENT)
    yield Job.objects.create(
        kind=Job.Kind.CLASSIFY_FILE,
        status=Job.Status.SUCCEEDED,
        parameters={"folder": files.folder},
        result={"format": "csv", "bytes": SIZE, "sha256": "5f1d"},
    )
    files.delete()


@pytest.fixture
def fetch(api: APIClient, job: Job) -> Any:
    def fetch(**headers: str) -> Any:
        return api.get(f"/api/v1/jobs/{job.pk}/results", headers=headers)

    return fetch


def body(response: Any) -> bytes:
    """Read to its end, at which the client closes it and leaves the test's connection open."""
    content: bytes = response.getvalue()
    return content


def test_all_of_it_with_what_one_needs_to_go_on(fetch: Any, job: Job) -> None:
    response = fetch()
    assert response.status_code == 200
    assert body(response) == CONTENT
    assert response["Content-Length"] == str(SIZE)
    assert (response["Accept-Ranges"], response["ETag"]) == ("bytes", ETAG)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="job-{job.pk}.csv"'
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=400000-", 400_000, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=0-99999999", 0, SIZE),
        ("bytes=-1", SIZE - 1, SIZE),
        ("bytes=-99999999", 0, SIZE),
        ("bytes=255-300000", 255, 300_001),
    ],
)
def test_a_part_is_what_was_asked_for(fetch: Any, wanted: str, start: int, end: int) -> None:
    response = fetch(range=wanted)
    assert response.status_code == 206
    assert body(response) == CONTENT[start:end]
    assert response["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert response["Content-Length"] == str(end - start)


@pytest.mark.parametrize(
    "wanted", ["bytes=1-2,5-6", "bytes=9-3", "bytes=-", "bytes=a-b", "rows=1-2", "bytes=1", "٣"]
)
def test_what_is_no_single_range_is_answered_with_all(fetch: Any, wanted: str) -> None:
    response = fetch(range=wanted)
    assert response.status_code == 200
    assert body(response) == CONTENT


@pytest.mark.parametrize("wanted", [f"bytes={SIZE}-", "bytes=999999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_refused_with_the_size(fetch: Any, wanted: str) -> None:
    response = fetch(range=wanted)
    assert response.status_code == 416
    assert errors_of(response) == [(None, "range_not_satisfiable")]
    assert response["Content-Range"] == f"bytes */{SIZE}"


def test_a_part_of_another_file_is_answered_with_all(fetch: Any) -> None:
    assert body(fetch(range="bytes=5-", if_range=ETAG)) == CONTENT[5:]
    for other in ('"other"', 'W/"5f1d"', "Tue, 03 Mar 2026 09:30:00 GMT"):
        response = fetch(range="bytes=5-", if_range=other)
        assert response.status_code == 200
        assert body(response) == CONTENT


def test_the_headers_alone_tell_the_size(api: APIClient, job: Job) -> None:
    whole = api.head(f"/api/v1/jobs/{job.pk}/results")
    assert (whole.status_code, whole.content) == (200, b"")
    assert (whole["Content-Length"], whole["ETag"]) == (str(SIZE), ETAG)
    part = api.head(f"/api/v1/jobs/{job.pk}/results", headers={"range": "bytes=-5"})
    assert (part.status_code, part["Content-Length"]) == (206, "5")


@pytest.mark.parametrize("accepted", ["text/csv", "application/json", "image/png"])
def test_whatever_is_accepted_the_file_is_what_it_is(fetch: Any, accepted: str) -> None:
    response = fetch(accept=accepted)
    assert response["Content-Type"].startswith("text/csv")
    assert body(response) == CONTENT


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled"])
def test_before_there_are_results_the_answer_says_so(fetch: Any, status: str) -> None:
    Job.objects.update(status=status)
    response = fetch()
    assert response.status_code == 409
    assert errors_of(response) == [(None, "not_finished")]
    assert status in response.json()["errors"][0]["detail"]


@given(st.integers(1, 50), st.integers(-2, 60), st.integers(-2, 60))
def test_parts_lie_inside_the_file(size: int, first: int, last: int) -> None:
    header = f"bytes={first if first >= 0 else ''}-{last if last >= 0 else ''}"
    try:
        found = read_range(header, size)
    except RangeNotSatisfiable:
        assert first >= size or (first < 0 and last == 0)
        return
    if found is not None:
        start, end = found
        assert 0 <= start < end <= size
