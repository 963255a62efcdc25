"""What `/metrics` reads from rows."""

from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ

from classifier.models import Job
from experiments.models import Experiment
from monitoring import prober
from monitoring.models import Process
from monitoring.prober import PATIENCE_SECONDS, Probe
from monitoring.services.readiness import Part
from tests.experiments.traffic import make_experiment
from tests.monitoring.exposition.samples import told

pytestmark = pytest.mark.django_db
NOW = timezone.now


def process(pid: int, seen: float, **fields: Any) -> Process:
    """One that was last heard so many seconds ago."""
    return Process.objects.create(
        **{
            "role": Process.Role.WEB,
            "machine": "host",
            "pid": pid,
            "started_at": NOW() - timedelta(hours=1),
            "seen_at": NOW() - timedelta(seconds=seen),
            "version": "v1",
            "wanted": "v1",
            "health": Process.Health.OK,
            "rss_bytes": 1000 + pid,
            "cpu_seconds": 2.5,
            "threads": 4,
            "open_files": 20,
            "cache_entries": 0,
            "cache_bytes": 0,
            **fields,
        }
    )


def test_a_process_is_told_as_its_heartbeat_said() -> None:
    process(7, seen=5)
    found = told()
    assert found["txcat_process_resident_memory_bytes", "web", "host", "7"] == 1007
    assert found["txcat_process_cpu_seconds_total", "web", "host", "7"] == 2.5
    assert found["txcat_process_threads", "web", "host", "7"] == 4
    assert found["txcat_process_open_fds", "web", "host", "7"] == 20
    assert found["txcat_process_serving", "web", "host", "7", "v1"] == 1


def test_one_that_is_silent_or_has_ended_is_not() -> None:
    process(7, seen=60)
    process(8, seen=1, stopped_at=NOW())
    process(9, seen=1, version="")
    found = told()
    assert [key[3] for key in found if key[0] == "txcat_process_threads"] == ["9"]
    assert [key for key in found if key[0] == "txcat_process_serving"] == []


def test_the_silence_of_the_worker_is_since_the_last_of_them() -> None:
    assert ("txcat_worker_silence_seconds",) not in told()
    process(7, seen=500, role=Process.Role.WORKER)
    process(8, seen=300, role=Process.Role.WORKER, stopped_at=NOW())
    process(9, seen=0)
    assert told()["txcat_worker_silence_seconds",] == pytest.approx(300, abs=5)


def test_jobs_are_counted_by_status_with_zeros() -> None:
    for status in (Job.Status.FAILED, Job.Status.FAILED, Job.Status.QUEUED):
        Job.objects.create(kind=Job.Kind.BUILD_VERSION, status=status, running_key="")
    found = told()
    assert found["txcat_jobs", "failed"] == 2
    assert found["txcat_jobs", "queued"] == 1
    assert found["txcat_jobs", "running"] == 0


def test_the_experiment_that_runs_is_named() -> None:
    experiment = make_experiment()
    assert told()["txcat_experiment_running", experiment.key] == 1
    Experiment.objects.update(status=Experiment.Status.STOPPED)
    assert ("txcat_experiment_running", experiment.key) not in told()


def test_tasks_wait_until_a_worker_has_them() -> None:
    now = NOW()
    for key, lock in (
        (Conf.CLUSTER_NAME, now - timedelta(seconds=90)),
        (Conf.CLUSTER_NAME, now - timedelta(seconds=30)),
        # In the hands of a worker until then, and of another cluster.
        (Conf.CLUSTER_NAME, now + timedelta(seconds=600)),
        ("another", now - timedelta(seconds=900)),
    ):
        OrmQ.objects.create(key=key, payload="", lock=lock)
    found = told()
    assert found["txcat_queue_tasks",] == 2
    assert found["txcat_queue_oldest_task_seconds",] == pytest.approx(90, abs=5)


def test_an_empty_queue_is_of_no_age() -> None:
    found = told()
    assert (found["txcat_queue_tasks",], found["txcat_queue_oldest_task_seconds",]) == (0, 0)


def test_a_database_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked, release = [0.0], Event(), Event()

    def hang() -> tuple[Part, ...]:
        asked.set()
        release.wait(30)
        return ()

    database = Probe("database", hang, clock=lambda: now[0])
    monkeypatch.setattr(prober, "_probes", (database, Probe("broker", tuple)))
    asking = Thread(target=database.ask)
    asking.start()
    asked.wait(30)
    assert told()["txcat_collector_up", "database"] == 1
    now[0] = PATIENCE_SECONDS + 1
    found = told()
    release.set()
    asking.join()
    assert found["txcat_collector_up", "database"] == found["txcat_collector_up", "queue"] == 0
    assert found["txcat_collector_up", "disk"] == 1
    assert told()["txcat_collector_up", "database"] == 1


def test_the_free_share_of_the_disk_is_a_share() -> None:
    found = told()
    assert 0 <= found["txcat_disk_free_ratio",] <= 1
    assert found["txcat_disk_free_bytes",] > 0
