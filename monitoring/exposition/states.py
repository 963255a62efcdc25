"""States that no process counts: read from rows, and from the disk, when somebody asks.

Where the database or the queue is away its families are left out, and `txcat_collector_up` says 0:
what is not known is not 0. Costs five queries, however many rows there are.
"""

import shutil
from collections.abc import Callable, Iterator

from django.conf import settings
from django.core.signing import BadSignature
from django.db import Error, connection, transaction
from django.db.models import Count, Max
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from classifier.models import Job
from experiments.models import Experiment
from monitoring.infrastructure import free_disk_share, waiting_tasks
from monitoring.models import Process
from monitoring.prober import probes
from monitoring.services.heartbeats import SILENT_AFTER

# Milliseconds. A scrape is given up after ten seconds.
STATEMENT_TIMEOUT = 2_000
PROCESS_LABELS = ["role", "machine", "pid"]


class StateCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "txcat_collector_up",
            "Whether the source of states could be read: 1, or 0 where its metrics are missing.",
            labels=["collector"],
        )
        database, broker = probes()
        for name, probe, read in (
            ("database", database, _database),
            ("queue", broker if settings.REDIS_URL else database, _queue),
            ("disk", None, _disk),
        ):
            # What hangs would hold the scrape up.
            families = None if probe is not None and probe.is_away else _known(read)
            up.add_metric([name], 0 if families is None else 1)
            yield from families or ()
        yield up


def _known(read: Callable[[], list[Metric]]) -> list[Metric] | None:
    """What is read; None where its source is away. A task that was signed by another key is of
    another installation's queue."""
    try:
        return read()
    except (Error, RedisError, BadSignature, OSError):
        return None


def _database() -> list[Metric]:
    if connection.vendor != "postgresql":
        return [_jobs(), _experiments(), *_processes()]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(STATEMENT_TIMEOUT)])
        return [_jobs(), _experiments(), *_processes()]


def _jobs() -> Metric:
    family = GaugeMetricFamily("txcat_jobs", "Jobs that there are.", labels=["status"])
    counted = dict(Job.objects.order_by().values_list("status").annotate(Count("pk")))
    for status in Job.Status.values:
        family.add_metric([status], counted.get(status, 0))
    return family


def _experiments() -> Metric:
    family = GaugeMetricFamily(
        "txcat_experiment_running", "1 for the experiment that runs.", labels=["experiment"]
    )
    for key in Experiment.objects.running().values_list("key", flat=True):
        family.add_metric([key], 1)
    return family


def _processes() -> list[Metric]:
    now = timezone.now()
    newest = Process.objects.filter(role=Process.Role.WORKER).aggregate(Max("seen_at"))
    silence = GaugeMetricFamily(
        "txcat_worker_silence_seconds",
        "Since a worker was last heard; missing where none ever was.",
    )
    if newest["seen_at__max"] is not None:
        silence.add_metric([], max(0.0, (now - newest["seen_at__max"]).total_seconds()))
    cpu = CounterMetricFamily(
        "txcat_process_cpu_seconds", "CPU time of a process.", labels=PROCESS_LABELS
    )
    memory, threads, files, started = (
        GaugeMetricFamily(f"txcat_process_{name}", text, labels=PROCESS_LABELS)
        for name, text in (
            ("resident_memory_bytes", "Memory of a process."),
            ("threads", "Threads of a process."),
            ("open_fds", "Files and sockets that a process has open."),
            ("start_time_seconds", "When a process began, in seconds since 1970."),
        )
    )
    serving = GaugeMetricFamily(
        "txcat_process_serving",
        "1 for the version that a process has loaded and serves.",
        labels=[*PROCESS_LABELS, "version"],
    )
    active = GaugeMetricFamily(
        "txcat_process_serving_active",
        "1 where a process serves the active version, 0 where another or none.",
        labels=PROCESS_LABELS,
    )
    for process in Process.objects.running().filter(seen_at__gte=now - SILENT_AFTER):
        labels = [process.role, process.machine, str(process.pid)]
        cpu.add_metric(labels, process.cpu_seconds)
        memory.add_metric(labels, process.rss_bytes)
        threads.add_metric(labels, process.threads)
        files.add_metric(labels, process.open_files)
        started.add_metric(labels, process.started_at.timestamp())
        if process.version:
            serving.add_metric([*labels, process.version], 1)
        if process.wanted:
            active.add_metric(labels, 0 if process.is_fallen_back else 1)
    return [silence, cpu, memory, threads, files, started, serving, active]


def _queue() -> list[Metric]:
    waiting = waiting_tasks(timezone.now())
    return [
        GaugeMetricFamily("txcat_queue_tasks", "Tasks that wait for a worker.", waiting.count),
        GaugeMetricFamily(
            "txcat_queue_oldest_task_seconds",
            "How long the oldest of them has waited.",
            waiting.oldest_seconds,
        ),
    ]


def _disk() -> list[Metric]:
    return [
        GaugeMetricFamily(
            "txcat_disk_free_bytes",
            "Free on the data directory's disk.",
            shutil.disk_usage(settings.DATA_DIR).free,
        ),
        GaugeMetricFamily(
            "txcat_disk_free_ratio",
            "Free share of the data directory's disk.",
            free_disk_share(),
        ),
    ]
