"""Web and worker, whose cache and queue are a Redis that hangs and loses them for a while."""

import json
import os
import signal
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.plugin import DjangoDbBlocker

from tests.copied import copied_installation
from tests.file_client import SECONDS, WorkedSite, file_of, started
from tests.processes import kill_all, wait_until
from tests.redis_server import RedisServer

# Its version is copied from the tests' own database.
pytestmark = pytest.mark.django_db

# Enough to be killed in.
ROWS = 5_000
FEW = file_of(20, 20)
STALE_SECONDS = 6
# Less than what the queue is waited for.
AT_ONCE = 2.0


class Site(WorkedSite):
    def parts(self) -> dict[str, tuple[str, str]]:
        """Status and text of what `/readyz` tells at once; nothing where it lets one wait."""
        try:
            found = json.loads(self.ask("/readyz", timeout=AT_ONCE))
        except TimeoutError:
            return {}
        return {part["name"]: (part["status"], part["detail"]) for part in found["parts"]}

    def wait_for(self, part: str, status: str, detail: str) -> None:
        wait_until(lambda: self.parts().get(part) == (status, detail), SECONDS, detail)

    def worker_pid(self) -> int:
        """Of the process that does the tasks."""
        names = (name for name in self.metrics() if name[0] == "txcat_process_threads")
        return next(int(pid) for _, _, pid, role in names if role == "worker")

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Values of what `/metrics` tells, by the sample's name and its labels' values."""
        text = self.ask("/metrics").decode()
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture(scope="module")
def site(
    started_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Site]:
    variables = {
        "REDIS_URL": started_server.url,
        "TXCAT_WEB_PROCESSES": "1",
        "TXCAT_JOB_STALE_SECONDS": str(STALE_SECONDS),
    }
    data = tmp_path_factory.mktemp("on-redis")
    with (
        copied_installation(data, django_db_blocker, **variables) as environment,
        started(Site, environment) as site,
    ):
        yield site


def test_a_file_is_answered_over_redis_and_the_queue_is_told(
    site: Site, started_server: RedisServer
) -> None:
    results = site.results(site.send(FEW))
    assert len(results.splitlines()) == 20
    site.wait_for("broker", "ok", "answers")
    site.wait_for("worker", "ok", "was heard less than a minute ago")
    told = site.metrics()
    assert told["txcat_collector_up", "queue"] == 1
    assert told["txcat_queue_tasks",] == told["txcat_queue_oldest_task_seconds",] == 0
    assert told["txcat_worker_silence_seconds",] < 45
    with started_server.client() as client:
        kept = b" ".join(client.scan_iter())
    assert b"throttle:key:" in kept
    assert b"django_q:txcat:cluster:" in kept


def test_a_redis_that_hangs_holds_nothing_up_and_work_goes_on_when_it_is_back(
    site: Site, started_server: RedisServer
) -> None:
    with started_server.hanging():
        site.wait_for("broker", "degraded", "does not answer: TimeoutError")
        told = site.metrics()
        assert told["txcat_collector_up", "queue"] == 0
        assert told["txcat_collector_up", "database"] == 1
        assert ("txcat_queue_tasks",) not in told
        one = json.dumps({"transactions": [{"description": "SQ *BLUE BOTTLE"}]}).encode()
        assert len(json.loads(site.ask("/api/v1/classify", one))["results"]) == 1
        refused = site.job(site.send(FEW))
    assert refused["status"] == "failed"
    assert refused["error"].startswith("The queue cannot be reached")
    site.wait_for("broker", "ok", "answers")
    assert len(site.results(site.send(FEW)).splitlines()) == 20


def test_a_worker_that_is_killed_while_it_waits_leaves_its_place_to_another(site: Site) -> None:
    os.kill(site.worker_pid(), signal.SIGKILL)
    assert len(site.results(site.send(FEW)).splitlines()) == 20


def test_what_a_killed_cluster_had_begun_and_what_waited_is_done_by_the_next(site: Site) -> None:
    begun = site.send(file_of(ROWS, ROWS))
    wait_until(
        lambda: site.job(begun)["message"].startswith("deciding"), SECONDS, "it decides", 0.02
    )
    kill_all(site.worker)
    waiting = site.send(FEW)
    told = site.metrics()
    assert told["txcat_queue_tasks",] >= 1
    assert told["txcat_queue_oldest_task_seconds",] > 0
    assert site.job(begun)["status"] == "running", "It was killed too late."
    site.worker = site.start_worker()
    found = [json.loads(line) for line in site.results(begun).splitlines()]
    assert [row["row"] for row in found] == list(range(1, ROWS + 1))
    assert len(site.results(waiting).splitlines()) == 20
    wait_until(lambda: site.metrics()["txcat_queue_tasks",] == 0, SECONDS, "nothing waits")
