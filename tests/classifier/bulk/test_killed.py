"""Workers are killed in the middle of a file, and no row of it is lost or doubled."""

import json
from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.copied import copied_installation
from tests.file_client import SECONDS, WorkedSite, file_of, started
from tests.processes import kill_all, wait_until

# Its version is copied from the tests' own database.
pytestmark = pytest.mark.django_db

ROWS = 100_000
TEXTS = 2500
# Long enough for a worker that lives on a busy machine.
STALE_SECONDS = 6
FILE = file_of(ROWS, TEXTS)
STAGES = ("splitting", "deciding", "joining")


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[WorkedSite]:
    variables = {
        "TXCAT_WEB_PROCESSES": "1",
        "TXCAT_WORKERS": "2",
        "TXCAT_JOB_STALE_SECONDS": str(STALE_SECONDS),
    }
    data = tmp_path_factory.mktemp("killed")
    with (
        copied_installation(data, django_db_blocker, **variables) as environment,
        started(WorkedSite, environment) as site,
    ):
        yield site


@pytest.fixture(scope="module")
def undisturbed(site: WorkedSite) -> bytes:
    """The results of a run that nothing happened to: each row once, in its place."""
    results = site.results(site.send(FILE))
    found = [json.loads(line) for line in results.splitlines()]
    assert [row["row"] for row in found] == list(range(1, ROWS + 1))
    assert [row["transaction_id"] for row in found] == [f"t-{number}" for number in range(ROWS)]
    assert sum("error" in row for row in found) == ROWS // 1000
    return results


@pytest.mark.parametrize("stage", STAGES)
def test_workers_killed_in_a_stage_leave_a_file_as_if_they_had_lived(
    site: WorkedSite, undisturbed: bytes, stage: str
) -> None:
    address = site.send(FILE)
    wait_until(
        lambda: site.job(address)["message"].startswith(stage), SECONDS, stage, poll_seconds=0.02
    )
    kill_all(site.worker)
    job = site.job(address)
    assert job["status"] == "running", "It was killed too late."
    assert job["message"].startswith(stage)
    site.worker = site.start_worker()
    assert site.results(address) == undisturbed
