"""This process on a real Redis, as it is where REDIS_URL names one."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django_q.conf import Conf
from pytest_django import Settings

from tests.redis_server import RedisServer
from txcat import on_redis


@pytest.fixture(scope="session")
def started_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(
    started_server: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RedisServer]:
    """An empty server that is this process's cache and queue."""
    settings.REDIS_URL = started_server.url
    settings.CACHES = {**settings.CACHES, "default": on_redis.cache(started_server.url)}
    # Read when django-q is imported.
    monkeypatch.setattr(Conf, "ORM", None)
    monkeypatch.setattr(Conf, "REDIS", on_redis.queue(started_server.url))
    yield started_server
    caches["process"].clear()
    with started_server.client() as client:
        client.flushall()
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
