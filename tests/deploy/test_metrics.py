"""`/metrics` of a running installation: two web processes and a worker."""

import os
import re
import signal
import urllib.request
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.promtool import promtool
from tests.processes import Site, wait_until
from tests.web_processes import PATIENCE, connect, connections_to_each_process, post, ready

Sample = tuple[str, frozenset[tuple[str, str]]]
BODY = {"transactions": [{"description": "NETFLIX.COM"}, {"description": "0000 1111"}]}


def fetch(url: str) -> str:
    with urllib.request.urlopen(f"{url}/metrics", timeout=PATIENCE) as response:  # noqa: S310
        return str(response.read().decode())


def scrape(url: str) -> dict[Sample, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(fetch(url))
        for sample in family.samples
    }


def total(samples: dict[Sample, float], name: str, **labels: str) -> float:
    return sum(
        value
        for (found, pairs), value in samples.items()
        if found == name and labels.items() <= dict(pairs).items()
    )


@pytest.fixture(scope="module")
def key(manage: Callable[..., str]) -> str:
    return manage("create_api_key", "metrics").strip()


@pytest.fixture(scope="module")
def worker_url(environment: dict[str, str]) -> str:
    return f"http://127.0.0.1:{environment['TXCAT_WORKER_METRICS_PORT']}"


def test_promtool_finds_nothing_to_say(site: Site, worker_url: str) -> None:
    for url in (site.url, worker_url):
        assert promtool("check", "metrics", said=fetch(url)) == (0, "")


def test_both_processes_count_and_what_a_killed_one_counted_stays(site: Site, key: str) -> None:
    def counted() -> tuple[float, float, float]:
        samples = scrape(site.url)
        return (
            total(samples, "txcat_api_responses_total", endpoint="classify", role="web"),
            total(samples, "txcat_predictions_total", role="web"),
            total(samples, "txcat_stage_seconds_count", stage="record", role="web"),
        )

    before = counted()
    with connections_to_each_process(site) as connections:
        for connection in connections.values():
            for _ in range(5):
                post(connection, key, "classify", BODY)
        expected = (before[0] + 10, before[1] + 20, before[2] + 10)
        assert counted() == expected
        victim = next(iter(connections))
        os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in _pids(site), PATIENCE, "another process answers in its place")
    assert counted() == expected
    with connections_to_each_process(site) as connections:
        for connection in connections.values():
            post(connection, key, "classify", BODY)
    assert counted() == (expected[0] + 2, expected[1] + 4, expected[2] + 2)


def test_the_worker_tells_its_own_and_the_web_server_tells_both(
    site: Site, worker_url: str
) -> None:
    assert set(re.findall(r'role="(\w+)"', fetch(worker_url))) == {"worker"}
    assert set(re.findall(r'role="(\w+)"', fetch(site.url))) == {"web", "worker"}


def _pids(site: Site) -> set[int]:
    """Of processes that answer now."""
    connection = connect(site)
    try:
        return {ready(connection)["pid"]}
    except OSError:
        return set()
    finally:
        connection.close()
