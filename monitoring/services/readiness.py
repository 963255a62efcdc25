"""Judge whether this process can answer, part by part."""

import socket
from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone

from classifier import watching
from classifier.runtime import Health, Status
from monitoring.infrastructure import (
    broker_problem,
    database_problem,
    free_disk_share,
    missing_migrations,
)
from monitoring.models import Process
from monitoring.services.heartbeats import SILENT_AFTER
from monitoring.services.turns import late_turns

# Free shares of the data directory's disk.
LITTLE_DISK = 0.1
NO_DISK = 0.02


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    status: Health
    detail: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the process `pid` says of itself; `serving` is the version that answers, if one does."""

    parts: tuple[Part, ...]
    pid: int
    serving: str | None

    @property
    def status(self) -> Health:
        """That of the worst part."""
        return worst(self.parts)

    @property
    def is_ready(self) -> bool:
        return self.status is not Health.FAILED

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "pid": self.pid,
            "version": self.serving,
            "parts": [asdict(part) for part in self.parts],
        }


def worst(parts: tuple[Part, ...]) -> Health:
    order = list(Health)
    return max((part.status for part in parts), key=order.index)


def database_parts() -> tuple[Part, ...]:
    """The database, and what can be asked of it alone."""
    problem = database_problem()
    if problem:
        return (Part("database", Health.FAILED, problem),)
    return (
        Part("database", Health.OK, "answers"),
        migrations_part(),
        worker_part(),
        monitoring_part(),
    )


def migrations_part() -> Part:
    missing = missing_migrations()
    if not missing:
        return Part("migrations", Health.OK, "are all applied")
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return Part("migrations", Health.FAILED, f"not applied: {missing[0]}{more}")


def worker_part() -> Part:
    """Without one the API answers; what runs in the background waits."""
    seen_at = Process.objects.newest_seen(Process.Role.WORKER)
    if seen_at is None:
        return Part("worker", Health.DEGRADED, "none has been heard of")
    if timezone.now() - seen_at <= SILENT_AFTER:
        return Part("worker", Health.OK, "was heard less than a minute ago")
    return Part(
        "worker", Health.DEGRADED, f"none has been heard since {seen_at:%Y-%m-%d %H:%M:%S} UTC"
    )


def monitoring_part() -> Part:
    """Whether snapshots are taken, rules judged and messages written: without any of these nobody
    would be told of anything."""
    late = late_turns(timezone.now())
    if late:
        return Part("monitoring", Health.DEGRADED, "; ".join(each.sentence for each in late))
    return Part("monitoring", Health.OK, "is not behind")


def threads_part() -> Part:
    """Of this process: whether those that look by themselves do so."""
    problems = watching.problems()
    if problems:
        return Part("threads", Health.DEGRADED, "; ".join(problems))
    return Part("threads", Health.OK, "none has failed lately")


def processes_part(role: Process.Role) -> Part:
    """Whether this machine has a process of that role that lives and serves what it should."""
    here = Process.objects.running().filter(role=role, machine=socket.gethostname())
    alive = list(here.filter(seen_at__gte=timezone.now() - SILENT_AFTER))
    if not alive:
        return Part(role.value, Health.FAILED, "no process of this machine is heard")
    detail = "1 process" if len(alive) == 1 else f"{len(alive)} processes"
    for process in alive:
        if process.health != Process.Health.OK:
            return Part(role.value, Health.DEGRADED, f"{detail}; {process.pid}: {process.reason}")
        if process.failing:
            return Part(role.value, Health.DEGRADED, f"{detail}; {process.pid}: {process.failing}")
    return Part(role.value, Health.OK, detail)


def broker_part() -> Part:
    problem = broker_problem()
    return Part("broker", Health.DEGRADED if problem else Health.OK, problem or "answers")


def disk_part() -> Part:
    """Of the data directory."""
    try:
        free = free_disk_share()
    except OSError as error:
        return Part("disk", Health.FAILED, f"cannot be read: {error.strerror}")
    detail = f"{100 * free:.0f}% is free"
    if free < NO_DISK:
        return Part("disk", Health.FAILED, detail)
    return Part("disk", Health.DEGRADED if free < LITTLE_DISK else Health.OK, detail)


def engine_part(status: Status) -> Part:
    if status.health is Health.OK:
        return Part("engine", status.health, f"serves version {status.serving}")
    wanted = f"version {status.serving}, not {status.wanted}" if status.serving else "nothing"
    return Part("engine", status.health, f"serves {wanted}: {status.reason}")
