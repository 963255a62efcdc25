"""Whether this process is alive, and whether it can answer."""

import os

import pytest
from django.test import Client

from classifier.models import Activation, ModelVersion
from classifier.services.activations import activate_version
from classifier.services.versions import build_version
from tests.artifacts import spoil
from tests.database import database_away


def test_alive_needs_no_database() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-cache" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_names_each_part(active_version: ModelVersion) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert (answer.json()["pid"], answer.json()["version"]) == (os.getpid(), active_version.name)
    parts = {part["name"]: part for part in answer.json()["parts"]}
    assert parts["database"]["status"] == "ok"
    assert active_version.name in parts["engine"]["detail"]


@pytest.mark.django_db
def test_nothing_to_serve_is_not_ready_and_says_why() -> None:
    Activation.objects.all().delete()
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    engine = answer.json()["parts"][1]
    assert engine["status"] == "failed"
    assert "No version has been activated" in engine["detail"]


@pytest.mark.django_db
def test_a_fallback_is_ready_but_degraded(active_version: ModelVersion) -> None:
    version, _ = build_version(force=True)
    activate_version(version)
    spoil(version)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert "config.json" in answer.json()["parts"][1]["detail"]


@pytest.mark.django_db
def test_a_database_that_is_away_is_not_ready_and_is_the_engines_reason() -> None:
    with database_away():
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    database, engine = answer.json()["parts"]
    assert database["detail"] == "does not answer: InterfaceError"
    assert engine["detail"] == "serves nothing: The active version cannot be read: InterfaceError."


@pytest.mark.django_db
def test_health_pages_are_read_only() -> None:
    assert Client().post("/healthz").status_code == 405
