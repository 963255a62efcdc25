"""Requests are counted in Redis, by all processes together, and go on without it."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.cache.backends.redis import RedisCache
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier import throttling
from tests.processes import ROOT, wait_until
from tests.redis_server import RedisServer

pytestmark = pytest.mark.django_db
MINUTE = 10
# Counts a request in a process of its own, as the throttle does.
COUNT = """
import django
django.setup()
from classifier.throttling import _increment
print("counted", _increment({name!r}))
"""


class EvictingCache(RedisCache):
    """Whose server evicts a counter right after it was found there."""

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        self.delete(key, version)
        return super().incr(key, delta, version)


@pytest.fixture(autouse=True)
def _three_a_minute(
    server: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_RATE = 3
    monkeypatch.setattr(throttling, "time", lambda: 60.0 * MINUTE)


def statuses(client: APIClient, count: int) -> list[int]:
    return [client.get("/api/v1/categories").status_code for _ in range(count)]


def counters(server: RedisServer) -> list[bytes]:
    with server.client() as client:
        return list(client.scan_iter("*throttle*"))


def test_requests_over_the_rate_are_refused(api: APIClient) -> None:
    assert statuses(api, 5) == [200, 200, 200, 429, 429]


def test_a_counter_is_forgotten_after_its_minute(server: RedisServer, api: APIClient) -> None:
    statuses(api, 2)
    (key,) = counters(server)
    with server.client() as client:
        assert 0 < client.ttl(key) <= 2 * throttling.WINDOW_SECONDS


def test_two_processes_count_together(server: RedisServer, api: APIClient, tmp_path: Any) -> None:
    assert statuses(api, 2) == [200, 200]
    (key,) = counters(server)
    # Django's keys are prefix, version and name.
    name = key.decode().split(":", 2)[2]
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(name=name)],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "txcat.settings",
            "TXCAT_DATA_DIR": str(tmp_path),
            "REDIS_URL": server.url,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "counted 3\n"
    assert statuses(api, 1) == [429]


@pytest.mark.parametrize("kind", ["away", "hanging"])
def test_without_redis_nobody_is_refused_and_it_is_asked_once(
    server: RedisServer, api: APIClient, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    with server.away() if kind == "away" else server.hanging():
        assert statuses(api, 5) == [200] * 5
    assert caplog.text.count("Requests are not being counted") == 1


def test_requests_are_counted_again_when_redis_is_back(
    server: RedisServer, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "AWAY_SECONDS", 0.05)
    with server.away():
        assert statuses(api, 2) == [200, 200]
    wait_until(lambda: 429 in statuses(api, 4), 30, "requests are counted")


def test_a_count_that_was_evicted_begins_anew(server: RedisServer, api: APIClient) -> None:
    assert statuses(api, 4)[-1] == 429
    with server.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 200_000)
        for number in range(400):
            client.set(f"filling:{number}", b"x" * 10_000)
    assert counters(server) == []
    assert statuses(api, 4) == [200, 200, 200, 429]


def test_a_count_that_is_evicted_while_it_is_made_begins_anew(
    api: APIClient, settings: Settings
) -> None:
    evicting = {**settings.CACHES["default"], "BACKEND": f"{__name__}.EvictingCache"}
    settings.CACHES = {**settings.CACHES, "default": evicting}
    assert statuses(api, 5) == [200] * 5


def test_a_redis_that_is_full_refuses_no_one(server: RedisServer, api: APIClient) -> None:
    with server.client() as client:
        client.config_set("maxmemory", 1)
    assert statuses(api, 5) == [200] * 5
