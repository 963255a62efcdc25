from typing import Any

from django.core.management.base import BaseCommand

from monitoring.schedules import sync_schedules


class Command(BaseCommand):
    help = "Make the queue's schedules those of this program: monitoring/schedules.py."

    def handle(self, *args: Any, **options: Any) -> None:
        changed, removed = sync_schedules()
        for name in changed:
            self.stdout.write(f"Scheduled: {name}.")
        for name in removed:
            self.stdout.write(f"No longer scheduled: {name}.")
