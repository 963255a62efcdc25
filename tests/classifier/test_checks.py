"""Deployment assumptions, found at boot."""

from typing import Any

import pytest

from classifier import checks

FOLDER = "classifier.artifacts.files.WholeFileStorage"


def ids(messages: list[Any]) -> list[str]:
    assert all(message.hint for message in messages)
    return [message.id for message in messages]


def test_more_engine_threads_than_cpus_is_a_warning(settings: Any) -> None:
    settings.WEB_PROCESSES, settings.ENGINE_THREADS, settings.CPUS = 2, 1, 2
    assert ids(checks.check_threads()) == []
    settings.ENGINE_THREADS = 2
    assert ids(checks.check_threads()) == ["txcat.W001"]
    settings.ENGINE_THREADS, settings.CPUS = 1, 1
    assert ids(checks.check_threads()) == ["txcat.W001"]


@pytest.mark.parametrize(
    "wrong",
    ["nonsense", "", ".x", "no.such.module", "classifier.routing.Nobody", "classifier.routing"],
)
def test_a_router_that_cannot_route_is_an_error(settings: Any, wrong: str) -> None:
    assert ids(checks.check_router()) == []
    settings.ROUTER = wrong
    (error,) = checks.check_router()
    assert ids([error]) == ["txcat.E002"]
    assert f"TXCAT_ROUTER={wrong!r}" in error.msg


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("STORAGES", {"artifacts": {"BACKEND": "no.such.Storage"}}, "no.such"),
        ("STORAGES", {"artifacts": {"BACKEND": "classifier.routing.Nobody"}}, "Nobody"),
        (
            "STORAGES",
            {"artifacts": {"BACKEND": FOLDER, "OPTIONS": {"bucket": "x"}}},
            "unexpected keyword argument 'bucket'",
        ),
        ("STORAGES", {}, "artifacts"),
        ("ARTIFACT_STORAGE_ERRORS", ["no.such.Error"], "no"),
        ("ARTIFACT_STORAGE_ERRORS", [FOLDER], "is no exception"),
    ],
)
def test_a_store_that_cannot_be_used_is_an_error(
    settings: Any, name: str, value: object, reason: str
) -> None:
    assert ids(checks.check_artifact_storage()) == []
    setattr(settings, name, value)
    (error,) = checks.check_artifact_storage()
    assert ids([error]) == ["txcat.E004"]
    assert reason in error.msg


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
