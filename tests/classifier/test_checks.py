"""Deployment assumptions, found at boot."""

import os
from typing import Any

import pytest

from classifier import checks


def ids(messages: list[Any]) -> list[str]:
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


def test_more_engine_threads_than_cores_is_a_warning(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    settings.WEB_PROCESSES, settings.ENGINE_THREADS = 2, 1
    assert ids(checks.check_threads()) == []
    settings.ENGINE_THREADS = 2
    assert ids(checks.check_threads()) == ["txcat.W001"]


@pytest.mark.parametrize(
    "wrong", [{"retry": 100, "timeout": 100}, {"max_attempts": 0}, {"retry": 60}]
)
def test_a_queue_that_would_deliver_a_running_task_again_is_an_error(
    settings: Any, wrong: dict[str, int]
) -> None:
    assert ids(checks.check_queue()) == []
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, **wrong}
    assert ids(checks.check_queue()) == ["txcat.E001"]


def test_deploying_on_sqlite_or_without_redis_is_a_warning(settings: Any) -> None:
    settings.IS_EMBEDDED, settings.REDIS_URL = True, ""
    assert ids(checks.check_database()) == ["txcat.W002"]
    assert ids(checks.check_shared_cache()) == ["txcat.W003"]
    settings.IS_EMBEDDED, settings.REDIS_URL = False, "redis://127.0.0.1:6379/0"
    assert ids(checks.check_database()) == []
    assert ids(checks.check_shared_cache()) == []
