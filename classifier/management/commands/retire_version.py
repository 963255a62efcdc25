from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.services.activations import retire_version
from classifier.services.versions import find_version


class Command(BaseCommand):
    help = "Put a version aside that is not live."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="Its name, such as v3.")
        parser.add_argument("--reason", default="", help="Kept with the version.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = find_version(options["version"])
            retirement = retire_version(version, reason=options["reason"])
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} {'is' if retirement else 'was already'} retired.")
