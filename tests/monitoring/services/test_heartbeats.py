"""A process says that it lives, what it serves, and what it has counted since it last did."""

import os
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error
from django.utils import timezone
from rest_framework.test import APIClient

from classifier import runtime
from classifier.metrics import BUCKETS
from classifier.models import ModelVersion
from monitoring.models import Process, ProcessSample
from monitoring.services.heartbeats import Heart
from tests.database import database_away


def counted() -> dict[str, Any]:
    """Of the newest sample."""
    counts: dict[str, Any] = ProcessSample.objects.latest("id").counts
    return counts


@pytest.mark.django_db
def test_it_says_what_it_serves(active_version: ModelVersion) -> None:
    Heart(Process.Role.WEB).beat()
    process = Process.objects.get()
    assert (process.role, process.pid, process.health) == ("web", os.getpid(), "ok")
    assert process.version == process.wanted == active_version.name
    assert process.rss_bytes > 10_000_000
    assert process.threads >= 1


@pytest.mark.django_db
def test_a_worker_that_never_classified_loads_nothing_and_is_well() -> None:
    Heart(Process.Role.WORKER).beat()
    process = Process.objects.get()
    assert (process.version, process.health, process.reason) == ("", "ok", "")
    assert runtime.get().known_status().serving is None


@pytest.mark.django_db
def test_each_beat_changes_one_row_and_adds_one_sample() -> None:
    heart = Heart(Process.Role.WEB)
    for _ in range(3):
        heart.beat()
    assert (Process.objects.count(), ProcessSample.objects.count()) == (1, 3)


@pytest.mark.django_db
def test_a_sample_counts_what_came_since_the_last(api: APIClient) -> None:
    heart = Heart(Process.Role.WEB)
    body = {"transactions": [{"description": "COFFEE"}]}
    api.post("/api/v1/classify", body)
    api.post("/api/v1/classify", {"transactions": []})
    heart.beat()
    first = counted()
    assert (first["requests"], first["server_errors"]) == (2, 0)
    assert sum(first["request_seconds"]) == 2
    assert len(first["request_seconds"]) == len(BUCKETS) + 1
    assert first["cache_misses"] == 1
    api.post("/api/v1/classify", body)
    heart.beat()
    second = counted()
    assert (second["requests"], second["cache_hits"], second["cache_misses"]) == (1, 1, 0)


@pytest.mark.django_db
def test_what_could_not_be_stored_is_in_the_next_sample(api: APIClient) -> None:
    heart = Heart(Process.Role.WEB)
    api.get("/api/v1/categories")
    with database_away(), pytest.raises(Error):
        heart.beat()
    heart.beat()
    assert counted()["requests"] == 1


@pytest.mark.django_db
def test_its_time_is_that_of_the_database_whatever_its_own_clock_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now - timedelta(days=60))
    heart = Heart(Process.Role.WEB)
    heart.beat()
    heart.stop()
    process = Process.objects.get()
    samples = list(process.samples.all())
    assert process.stopped_at is not None
    for moment in (process.seen_at, process.stopped_at, *(each.created_at for each in samples)):
        assert abs(moment - now) < timedelta(minutes=2)
    assert all(0 <= each.seconds < 120 for each in samples)


@pytest.mark.django_db
def test_it_says_that_it_ends() -> None:
    heart = Heart(Process.Role.WORKER)
    heart.beat()
    assert Process.objects.running().count() == 1
    heart.stop()
    assert Process.objects.running().count() == 0
