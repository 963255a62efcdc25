"""What processes count becomes a snapshot, and what a snapshot holds becomes an alert."""

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from django.utils import timezone

from classifier.metrics import BUCKETS
from monitoring.models import Alert, Process, ProcessSample
from monitoring.services.alerting import evaluate_due
from monitoring.services.heartbeats import Counts
from monitoring.services.snapshots import take_due
from tests.monitoring.snapshots import MINUTE

pytestmark = pytest.mark.django_db
QUIET = Counts(
    requests=100,
    server_errors=0,
    request_seconds=(100, *[0] * len(BUCKETS)),
    request_seconds_sum=1.0,
    cache_hits=50,
    cache_misses=50,
    cache_evictions=0,
    cpu_seconds=3.0,
)


def web_process() -> Process:
    now = timezone.now()
    return Process.objects.create(
        role="web", machine="a", pid=1, started_at=now - timedelta(hours=2), seen_at=now,
        health="ok", rss_bytes=2**28, cpu_seconds=1, threads=1, open_files=1, cache_entries=0,
        cache_bytes=0,
    )  # fmt: skip


def test_errors_that_processes_count_fire_and_end_an_alert() -> None:
    process = web_process()
    at = timezone.now().replace(minute=5, second=0, microsecond=0)
    statuses = []
    for errors in (0, 0, *[50] * 5, *[0] * 12):
        counts = asdict(replace(QUIET, server_errors=errors))
        ProcessSample.objects.create(
            process=process, created_at=at + MINUTE / 2, seconds=60, counts=counts
        )
        at += MINUTE
        take_due(at + MINUTE / 4)
        evaluate_due(at + MINUTE / 4)
        alert = Alert.objects.filter(rule__key="error-rate").first()
        statuses.append(alert.status if alert else "")
    assert list(dict.fromkeys(statuses)) == ["", "pending", "firing", "resolved"]
    alert = Alert.objects.get(rule__key="error-rate")
    assert alert.severity == "critical"
    assert alert.evidence["samples"] >= 300
