import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from classifier.runtime import Health
from monitoring.models import Process
from monitoring.prober import ask_within
from monitoring.services.readiness import Part, disk_part, processes_part, worst

SECONDS = 4.0


class Command(BaseCommand):
    help = (
        "Say whether the database, the broker, the disk and the worker are well, and with --role "
        "whether this machine has such a process. Exits 1 where a part has failed."
    )
    # A check of the settings is no sign of health, and costs a second.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", choices=Process.Role.values)
        parser.add_argument("--seconds", type=float, default=SECONDS, help="How long to wait.")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = (*ask_within(options["seconds"]), disk_part())
        if options["role"] and _has_database(parts):
            parts = (*parts, processes_part(Process.Role(options["role"])))
        for part in parts:
            self.stdout.write(f"{part.status.upper():9}{part.name}: {part.detail}")
        if worst(parts) is Health.FAILED:
            sys.exit(1)


def _has_database(parts: tuple[Part, ...]) -> bool:
    return any(part.name == "database" and part.status is Health.OK for part in parts)
