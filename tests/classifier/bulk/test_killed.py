"""Workers are killed in the middle of a file, and no row of it is lost or doubled."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.copied import copied_installation
from tests.file_client import SECONDS, FileClient, file_of
from tests.processes import (
    WEB,
    WORKER,
    answers,
    kill_all,
    manage,
    running,
    wait_until,
)

# Its version is copied from the tests' own database.
pytestmark = pytest.mark.django_db

ROWS = 100_000
TEXTS = 2500
# Long enough for a worker that lives on a busy machine.
STALE_SECONDS = 6
STAGES = ("splitting", "deciding", "joining")


@dataclass
class Site(FileClient):
    """A web server, a worker, and a file that is sent to the one and answered by the other."""

    file: bytes
    worker: "subprocess.Popen[bytes]"
    start_worker: "Callable[[], subprocess.Popen[bytes]]"


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Site]:
    variables = {
        "TXCAT_WEB_PROCESSES": "1",
        "TXCAT_WORKERS": "2",
        "TXCAT_JOB_STALE_SECONDS": str(STALE_SECONDS),
    }
    data = tmp_path_factory.mktemp("killed")
    with (
        copied_installation(data, django_db_blocker, **variables) as environment,
        ExitStack() as stack,
    ):
        key = manage(environment, "create_api_key", "killed", "--scopes", "classify").split()[-1]
        stack.enter_context(running(environment, "web", *WEB))

        def start_worker() -> "subprocess.Popen[bytes]":
            return stack.enter_context(running(environment, "worker", *WORKER))

        url = f"http://127.0.0.1:{environment['PORT']}"
        worker = start_worker()
        wait_until(lambda: answers(f"{url}/readyz"), SECONDS, "the site is ready")
        yield Site(url, key, file_of(ROWS, TEXTS), worker, start_worker)


@pytest.fixture(scope="module")
def undisturbed(site: Site) -> bytes:
    """The results of a run that nothing happened to: each row once, in its place."""
    results = site.results(site.send(site.file))
    found = [json.loads(line) for line in results.splitlines()]
    assert [row["row"] for row in found] == list(range(1, ROWS + 1))
    assert [row["transaction_id"] for row in found] == [f"t-{number}" for number in range(ROWS)]
    assert sum("error" in row for row in found) == ROWS // 1000
    return results


@pytest.mark.parametrize("stage", STAGES)
def test_workers_killed_in_a_stage_leave_a_file_as_if_they_had_lived(
    site: Site, undisturbed: bytes, stage: str
) -> None:
    address = site.send(site.file)
    wait_until(
        lambda: site.job(address)["message"].startswith(stage), SECONDS, stage, poll_seconds=0.02
    )
    kill_all(site.worker)
    job = site.job(address)
    assert job["status"] == "running", "It was killed too late."
    assert job["message"].startswith(stage)
    site.worker = site.start_worker()
    assert site.results(address) == undisturbed
