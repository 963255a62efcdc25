from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.services.bundles import import_bundle


class Command(BaseCommand):
    help = "Take in a version that export_bundle wrote, here or elsewhere, as a candidate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="What export_bundle wrote.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version, is_new = import_bundle(options["folder"])
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{options['folder']} is now {version}: accuracy {version.accuracy:.1%} where it was "
            f"built. `manage.py activate_version {version}` makes it live."
            if is_new
            else f"{options['folder']} is here already, as {version}."
        )
