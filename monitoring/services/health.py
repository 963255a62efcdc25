"""What is wrong now, in sentences: alerts, processes, and whether anybody looks at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitoring.models import Alert, MetricSnapshot, Process
from monitoring.models.alert import Severity
from monitoring.services.heartbeats import SILENT_AFTER
from monitoring.services.turns import SNAPSHOTS, late_turns

# The newest minute is older: nobody takes snapshots, or they are behind.
LATE_AFTER = timedelta(minutes=4)
# A process that was killed says no farewell; so long it is called silent.
SILENCE_SHOWN = timedelta(hours=1)


class Grade(StrEnum):
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Concern:
    grade: Grade
    text: str


@dataclass(frozen=True, slots=True)
class Running:
    """A process as it last said of itself; `is_silent` where it has said nothing lately."""

    process: Process
    is_silent: bool


def running_processes(now: datetime) -> list[Running]:
    """Those that live, and those that fell silent lately."""
    rows = Process.objects.running().filter(seen_at__gte=now - SILENCE_SHOWN)
    return [Running(process, process.seen_at < now - SILENT_AFTER) for process in rows]


def firing_alerts() -> list[Alert]:
    """The worst first."""
    alerts = Alert.objects.firing().select_related("rule").order_by("-id")
    return sorted(alerts, key=lambda alert: alert.severity != Severity.CRITICAL)


def newest_snapshot() -> datetime | None:
    rows = MetricSnapshot.objects.filter(resolution=MetricSnapshot.Resolution.MINUTE)
    return rows.order_by("-at").values_list("at", flat=True).first()


def concerns(
    now: datetime,
    newest: datetime | None,
    running: Sequence[Running],
    alerts: Sequence[Alert],
) -> list[Concern]:
    """The worst first; empty where all is well."""
    found = [
        *(Concern(Grade(alert.severity), f"{alert.rule}: {alert.text}") for alert in alerts),
        *_of_snapshots(now, newest),
        *_of_turns(now),
        *process_concerns(running),
    ]
    return sorted(found, key=lambda concern: concern.grade is not Grade.CRITICAL)


def process_concerns(running: Sequence[Running]) -> list[Concern]:
    living = [each.process for each in running if not each.is_silent]
    found = [
        Concern(Grade.CRITICAL, f"No {role.label.lower()} process lives.")
        for role in Process.Role
        if not any(each.role == role for each in living)
    ]
    served = sorted(
        {each.version for each in living if each.role == Process.Role.WEB and each.version}
    )
    if len(served) > 1:
        found.append(
            Concern(
                Grade.WARNING,
                f"Web processes serve different versions: {', '.join(served)}. The same text may "
                "get different answers.",
            )
        )
    for each in running:
        process = each.process
        if each.is_silent:
            found.append(Concern(Grade.WARNING, f"{process} has fallen silent."))
        elif process.health == Process.Health.FAILED:
            found.append(Concern(Grade.CRITICAL, f"{process} cannot answer: {process.reason}"))
        elif process.health == Process.Health.DEGRADED:
            found.append(
                Concern(
                    Grade.WARNING,
                    f"{process} serves {process.version or 'no version'}, not {process.wanted}: "
                    f"{process.reason}",
                )
            )
        if process.failing and not each.is_silent:
            found.append(Concern(Grade.WARNING, f"A thread of {process} fails: {process.failing}."))
    return found


def _of_turns(now: datetime) -> list[Concern]:
    """Of those that begin where snapshots end."""
    late = [each.sentence for each in late_turns(now) if each.name != SNAPSHOTS]
    return [Concern(Grade.CRITICAL, f"{each[0].upper()}{each[1:]}.") for each in late]


def _of_snapshots(now: datetime, newest: datetime | None) -> list[Concern]:
    if newest is None or newest >= now - LATE_AFTER:
        return []
    minutes = int((now - newest).total_seconds() // 60)
    return [
        Concern(
            Grade.WARNING,
            f"The newest snapshot is {minutes:,} minutes old: no process takes them, or what was "
            "missed is being made up for.",
        )
    ]
