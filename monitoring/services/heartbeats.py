"""Let a process say that it lives, what it serves, and what it has counted since it last did."""

import os
import socket
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import psutil
from django.db import transaction

from classifier import metrics, runtime, watching
from monitoring.models import Process, ProcessSample
from monitoring.services.clock import database_time

SERVER_ERROR = 500
# Who was not heard for so long counts as dead.
SILENT_AFTER = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Counts:
    """Cumulative, of one process. `request_seconds` counts by bucket of `metrics.BUCKETS`, the last
    one beyond them."""

    requests: int
    server_errors: int
    request_seconds: tuple[int, ...]
    request_seconds_sum: float
    cache_hits: int
    cache_misses: int
    cache_evictions: int
    cpu_seconds: float

    def since(self, earlier: "Counts") -> dict[str, Any]:
        """What came since, as JSON; nothing is below zero, though a runtime begin anew."""
        came: dict[str, Any] = {}
        for field in fields(self):
            now, before = getattr(self, field.name), getattr(earlier, field.name)
            if isinstance(now, tuple):
                came[field.name] = [max(0, a - b) for a, b in zip(now, before, strict=True)]
            else:
                came[field.name] = max(0, now - before)
        return came


def counts() -> Counts:
    """Of this process, now."""
    requests = server_errors = 0
    for sample in _samples(metrics.API_RESPONSES, "_total"):
        requests += int(sample.value)
        if int(sample.labels["status"]) >= SERVER_ERROR:
            server_errors += int(sample.value)
    buckets: dict[float, int] = dict.fromkeys((*metrics.BUCKETS, float("inf")), 0)
    for sample in _samples(metrics.API_REQUEST_SECONDS, "_bucket"):
        buckets[float(sample.labels["le"])] += int(sample.value)
    # Prometheus' buckets hold what is below them, too.
    cumulative = list(buckets.values())
    cache = runtime.get().cache.stats()
    times = psutil.Process().cpu_times()
    return Counts(
        requests=requests,
        server_errors=server_errors,
        request_seconds=tuple(
            after - before for before, after in zip([0, *cumulative], cumulative, strict=False)
        ),
        request_seconds_sum=sum(
            sample.value for sample in _samples(metrics.API_REQUEST_SECONDS, "_sum")
        ),
        cache_hits=cache.hits,
        cache_misses=cache.misses,
        cache_evictions=cache.evictions,
        cpu_seconds=times.user + times.system,
    )


def _samples(metric: Any, suffix: str) -> list[Any]:
    return [
        sample
        for family in metric.collect()
        for sample in family.samples
        if sample.name.endswith(suffix)
    ]


class Heart:
    """This process's heartbeat. Made in the process that it speaks of."""

    def __init__(self, role: Process.Role) -> None:
        self.role = role
        self._process = psutil.Process()
        self._id: dict[str, Any] = {
            "machine": socket.gethostname(),
            "pid": os.getpid(),
            "started_at": datetime.fromtimestamp(self._process.create_time(), UTC),
        }
        self._counts = counts()
        self._beaten_at = monotonic()

    def beat(self) -> None:
        """One row that is changed and one that is added. What could not be stored is in the next
        sample."""
        beaten_at, counted = monotonic(), counts()
        with transaction.atomic():
            # Asked here, for SQLite's lock may have been long in coming.
            now = database_time()
            process, _ = Process.objects.update_or_create(**self._id, defaults=self._state(now))
            ProcessSample.objects.create(
                process=process,
                created_at=now,
                seconds=beaten_at - self._beaten_at,
                counts=counted.since(self._counts),
            )
        self._counts, self._beaten_at = counted, beaten_at

    def stop(self) -> None:
        """Say what is left to say, and that this is the end."""
        self.beat()
        Process.objects.filter(**self._id).update(stopped_at=database_time())

    def _state(self, now: datetime) -> dict[str, Any]:
        # A worker that never classifies needs no engine, and lacks none.
        is_web = self.role is Process.Role.WEB
        status = runtime.get().status() if is_web else runtime.get().known_status()
        is_unused = not is_web and status.wanted is None
        with self._process.oneshot():
            times = self._process.cpu_times()
            return {
                "role": self.role,
                "seen_at": now,
                "version": status.serving or "",
                "wanted": status.wanted or "",
                "health": Process.Health.OK if is_unused else status.health.value,
                "reason": "" if is_unused else status.reason[:500],
                "failing": "; ".join(watching.problems())[:500],
                "rss_bytes": self._process.memory_info().rss,
                "cpu_seconds": times.user + times.system,
                "threads": self._process.num_threads(),
                "open_files": self._process.num_fds(),
                "cache_entries": status.cache.entries,
                "cache_bytes": status.cache.size_bytes,
            }
