from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.services.activations import roll_back


class Command(BaseCommand):
    help = "Make the version live again that served before the active one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="", help="Kept with the activation.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            activation = roll_back(reason=options["reason"])
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{activation.to_version} is live, in place of {activation.from_version}."
        )
