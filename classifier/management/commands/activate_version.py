from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.services.versions import activate_version, find_version


class Command(BaseCommand):
    help = "Make a version live, a new one or an old one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="Its name, such as v3.")
        parser.add_argument("--reason", default="", help="Kept with the activation.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = find_version(options["version"])
            activation = activate_version(version, reason=options["reason"])
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} is live." if activation else f"{version} was live already.")
