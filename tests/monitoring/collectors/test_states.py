"""What is so now: processes, the queue, jobs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django_q.brokers import get_broker
from django_q.models import OrmQ
from pytest_django import Settings

from classifier.models import Job
from monitoring.collectors import jobs_seen, states_seen
from tests.monitoring.traffic import make_process

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def states(by: str = "") -> dict[str, float]:
    """By series, or by label of a split."""
    found = [each for each in states_seen(NOON, 60) if each.by == by]
    assert {each.sums.count for each in found} == {1}
    return {each.label or each.series: each.sums.total for each in found}


def test_living_processes_are_counted_with_their_memory() -> None:
    make_process(NOON, rss_bytes=100)
    make_process(NOON, pid=2, role="worker", rss_bytes=50)
    make_process(NOON - timedelta(minutes=2), pid=3, rss_bytes=9)
    make_process(NOON, pid=4, rss_bytes=9, stopped_at=NOON)
    found = states()
    assert (found["processes"], found["memory"]) == (2, 150)
    assert states("process") == {"Web web-1/1": 100, "Worker web-1/2": 50}


def test_web_processes_that_serve_different_versions_are_skewed() -> None:
    make_process(NOON)
    make_process(NOON, pid=2, version="")
    make_process(NOON, pid=3, role="worker", version="v0")
    assert states()["version_skew"] == 0
    make_process(NOON, pid=4, version="v2")
    assert states()["version_skew"] == 1


def test_web_processes_without_the_active_version_are_counted() -> None:
    make_process(NOON)
    make_process(NOON, pid=2, role="worker", version="v0")
    make_process(NOON, pid=3, version="", wanted="")
    assert states()["engine_fallbacks"] == 0
    make_process(NOON, pid=4, wanted="v2")
    make_process(NOON, pid=5, version="")
    assert states()["engine_fallbacks"] == 2


def test_nothing_is_said_of_what_cannot_be_known() -> None:
    assert not {"memory", "engine_fallbacks", "version_skew", "worker_silence"} & set(states())
    assert states()["processes"] == 0


def test_the_silence_of_the_worker_is_that_of_the_one_heard_last() -> None:
    make_process(NOON - timedelta(minutes=9), role="worker")
    make_process(NOON - timedelta(minutes=5), pid=2, role="worker")
    assert states()["worker_silence"] == 300


def test_tasks_that_wait_have_an_age_and_those_in_work_have_none() -> None:
    assert (states()["queue_depth"], states()["queue_age"]) == (0, 0)
    key = get_broker().list_key
    for seconds in (-90, -5, 3600):
        lock = NOON + timedelta(seconds=seconds)
        OrmQ.objects.create(key=key, payload="", lock=lock)
    assert (states()["queue_depth"], states()["queue_age"]) == (2, 90)


def test_jobs_count_as_failed_when_they_end() -> None:
    for status, finished_at in (
        ("failed", NOON),
        ("failed", NOON + timedelta(minutes=1)),
        ("succeeded", NOON),
    ):
        Job.objects.create(kind=Job.Kind.LEARN, status=status, finished_at=finished_at)
    (seen,) = jobs_seen(NOON, NOON + timedelta(minutes=1))
    assert seen.sums.total == 1


def test_a_disk_that_is_away_leaves_its_series_out_and_no_other(
    settings: Settings, tmp_path: Path
) -> None:
    assert 0 < states()["disk_free"] < 1
    settings.DATA_DIR = tmp_path / "unmounted"
    assert "disk_free" not in states()
    assert states()["processes"] == 0
