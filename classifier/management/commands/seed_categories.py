from typing import Any

from django.core.management.base import BaseCommand

from classifier.management.progress import progress_bar
from classifier.services.taxonomy import seed_categories


class Command(BaseCommand):
    help = "Add the default categories and examples that are missing; change nothing that is there."

    def handle(self, *args: Any, **options: Any) -> None:
        with progress_bar("Seeding") as report:
            added = seed_categories(report)
        self.stdout.write(f"Added {added.categories} categories and {added.examples} examples.")
