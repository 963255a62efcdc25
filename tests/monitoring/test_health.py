"""Whether this process is alive, and whether it can answer."""

import json
import os
from collections import namedtuple
from datetime import timedelta
from typing import Any

import psutil
import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from classifier.models import Activation, ModelVersion
from classifier.services.activations import activate_version
from classifier.services.versions import build_version
from monitoring import infrastructure
from monitoring.models import Process, Turn
from monitoring.services.turns import SNAPSHOTS
from tests.artifacts import spoil
from tests.database import database_away
from tests.monitoring.heard import heard


def test_alive_needs_no_database() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-cache" in answer["Cache-Control"]


@pytest.fixture(autouse=True)
def _worker_is_heard(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db"):
        heard(Process.Role.WORKER)


def parts_of(answer: Any) -> dict[str, tuple[str, str]]:
    """Status and text of each part."""
    parts = json.loads(answer.content)["parts"]
    return {part["name"]: (part["status"], part["detail"]) for part in parts}


@pytest.mark.django_db
def test_ready_names_each_part(active_version: ModelVersion) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert (answer.json()["pid"], answer.json()["version"]) == (os.getpid(), active_version.name)
    parts = parts_of(answer)
    assert {name: status for name, (status, _) in parts.items()} == {
        "database": "ok",
        "migrations": "ok",
        "worker": "ok",
        "monitoring": "ok",
        "broker": "ok",
        "threads": "ok",
        "disk": parts["disk"][0],
        "engine": "ok",
    }
    assert active_version.name in parts["engine"][1]


@pytest.mark.django_db
def test_nothing_to_serve_is_not_ready_and_says_why() -> None:
    Activation.objects.all().delete()
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    status, detail = parts_of(answer)["engine"]
    assert status == "failed"
    assert "No version has been activated" in detail


@pytest.mark.django_db
def test_a_fallback_is_ready_but_degraded(active_version: ModelVersion) -> None:
    version, _ = build_version(force=True)
    activate_version(version)
    spoil(version)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "config.json" in parts_of(answer)["engine"][1]


@pytest.mark.django_db
def test_a_database_that_is_away_is_not_ready_and_is_the_engines_reason() -> None:
    with database_away():
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    parts = parts_of(answer)
    assert parts["database"] == ("failed", "does not answer: InterfaceError")
    assert parts["engine"][1] == (
        "serves nothing: The active version cannot be read: InterfaceError."
    )


@pytest.mark.django_db
def test_health_pages_are_read_only() -> None:
    assert Client().post("/healthz").status_code == 405


@pytest.mark.django_db
def test_a_silent_worker_degrades_and_says_since_when() -> None:
    Process.objects.update(seen_at=timezone.now() - timedelta(minutes=3))
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    status, detail = parts_of(answer)["worker"]
    assert status == "degraded"
    assert detail.startswith("none has been heard since 20")


@pytest.mark.django_db
def test_a_worker_that_was_never_heard_degrades() -> None:
    Process.objects.all().delete()
    assert parts_of(Client().get("/readyz"))["worker"] == ("degraded", "none has been heard of")


@pytest.mark.django_db
def test_snapshots_that_are_not_taken_degrade_for_no_alert_can_say_so() -> None:
    now = timezone.now()
    Turn.objects.create(name=SNAPSHOTS, due_at=now, done_at=now - timedelta(minutes=4))
    assert parts_of(Client().get("/readyz"))["monitoring"] == ("ok", "is not behind")
    Turn.objects.update(done_at=now - timedelta(minutes=6))
    status, detail = parts_of(Client().get("/readyz"))["monitoring"]
    assert status == "degraded"
    assert detail.startswith("no snapshot has been taken since 20")


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(infrastructure, "_is_migrated", False)
    newest = MigrationRecorder.Migration.objects.filter(app="monitoring").latest("name")
    name = newest.name
    newest.delete()
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert parts_of(answer)["migrations"] == ("failed", f"not applied: monitoring.{name}")


Usage = namedtuple("Usage", ["used", "free"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("free", "status", "code"), [(50, "ok", 200), (9, "degraded", 200), (1, "failed", 503)]
)
def test_a_disk_is_judged_by_what_is_free(
    free: int, status: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "disk_usage", lambda path: Usage(used=100 - free, free=free))
    answer = Client().get("/readyz")
    assert answer.status_code == code
    assert parts_of(answer)["disk"] == (status, f"{free}% is free")
