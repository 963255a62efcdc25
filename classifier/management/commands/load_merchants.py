from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.exceptions import InputFileError
from classifier.management.progress import progress_bar
from classifier.services.merchants import load_merchants


class Command(BaseCommand):
    help = "Bring the built-in merchants to what their table says; an analyst's changes stand."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with progress_bar("Loading merchants") as report:
                counts = load_merchants(report)
        except InputFileError as error:
            raise CommandError(str(error)) from error
        if counts.is_nothing:
            if options["verbosity"]:
                self.stdout.write("The merchants are as the table says.")
            return
        self.stdout.write(
            f"Added {counts.merchants} merchants and {counts.tags} kinds, changed "
            f"{counts.changed} and {counts.changed_tags}, switched {counts.switched_off} off."
        )
