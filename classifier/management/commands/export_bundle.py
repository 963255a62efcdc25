from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.services.bundles import export_bundle
from classifier.services.versions import find_version


class Command(BaseCommand):
    help = "Write a version to a folder that classifier.engine can load by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="Its name, such as v3.")
        parser.add_argument("folder", type=Path, help="New, or empty.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = find_version(options["version"])
            export_bundle(version, options["folder"])
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} is in {options['folder']}.")
