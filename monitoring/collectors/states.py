"""What is so now. Of a moment that has passed it cannot be known, save which jobs failed in it."""

from datetime import datetime

from django.core.signing import BadSignature
from redis import RedisError

from classifier.models import Job
from monitoring.collectors.guardrails import guardrails_seen
from monitoring.collectors.seen import Seen, add_up, split
from monitoring.detectors.quantiles import Sums
from monitoring.infrastructure import free_disk_share, waiting_tasks
from monitoring.measures import By
from monitoring.models import Process
from monitoring.services.heartbeats import SILENT_AFTER


def jobs_seen(start: datetime, end: datetime) -> list[Seen]:
    """Jobs that ended as failed in [start, end)."""
    failed = Job.objects.filter(
        status=Job.Status.FAILED, finished_at__gte=start, finished_at__lt=end
    )
    return [Seen("failed_jobs", Sums(1, failed.count(), (end - start).total_seconds()))]


def states_seen(now: datetime, seconds: float) -> list[Seen]:
    """Each as it is now, for a stretch of `seconds`. Nothing of what cannot be known."""
    return [
        *_processes(now, seconds),
        *_queue(now, seconds),
        *guardrails_seen(now, seconds),
        *_disk(seconds),
    ]


def _processes(now: datetime, seconds: float) -> list[Seen]:
    living = list(Process.objects.running().filter(seen_at__gte=now - SILENT_AFTER))
    seen = [_state("processes", len(living), seconds)]
    if living:
        memory = add_up((str(each), Sums(1, each.rss_bytes, seconds)) for each in living)
        seen += [
            _state("memory", sum(each.rss_bytes for each in living), seconds),
            *split("memory", By.PROCESS, memory),
        ]
    web = [each for each in living if each.role == Process.Role.WEB]
    if web:
        fallen_back = sum(each.is_fallen_back for each in web)
        seen.append(_state("engine_fallbacks", fallen_back, seconds))
    # One that has not loaded any version yet differs from nobody.
    served = {each.version for each in web if each.version}
    if served:
        seen.append(_state("version_skew", len(served) - 1, seconds))
    heard_at = Process.objects.newest_seen(Process.Role.WORKER)
    if heard_at is not None:
        silence = max(0.0, (now - heard_at).total_seconds())
        seen.append(_state("worker_silence", silence, seconds))
    return seen


def _queue(now: datetime, seconds: float) -> list[Seen]:
    """Nothing while the queue is away."""
    try:
        waiting = waiting_tasks(now)
    except (RedisError, BadSignature, OSError):
        return []
    return [
        _state("queue_depth", waiting.count, seconds),
        _state("queue_age", waiting.oldest_seconds, seconds),
    ]


def _disk(seconds: float) -> list[Seen]:
    """Of the machine that looks; the data directory of several is often one. Nothing while it is
    away."""
    try:
        return [_state("disk_free", free_disk_share(), seconds)]
    except OSError:
        return []


def _state(series: str, value: float, seconds: float) -> Seen:
    return Seen(series, Sums(1, value, seconds))
