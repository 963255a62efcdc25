from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.services.activations import activate_version
from classifier.services.readiness import check_readiness
from classifier.services.versions import find_version


class Command(BaseCommand):
    help = "Make a version live, a new one or an old one, if it meets the performance targets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="Its name, such as v3.")
        parser.add_argument("--reason", default="", help="Kept with the activation.")
        parser.add_argument(
            "--override",
            default="",
            metavar="REASON",
            help="Why it goes live although it misses a target; kept with the activation.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = find_version(options["version"])
            for result in check_readiness(version).results:
                self.stdout.write(f"{result.outcome.label}: {result}")
            activation = activate_version(
                version, reason=options["reason"], override_reason=options["override"]
            )
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{version} is live." if activation else f"{version} was live already.")
