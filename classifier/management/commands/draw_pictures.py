from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.models import ModelVersion
from classifier.services.evaluations import draw_pictures, report_of
from classifier.services.versions import find_version


class Command(BaseCommand):
    help = "Draw the pictures of versions: those that are named, or all that have none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("versions", nargs="*", metavar="VERSION")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            versions = [find_version(name) for name in options["versions"]]
            for version in versions or ModelVersion.objects.filter(pictures=None):
                report = report_of(version)
                if report is None:
                    self.stdout.write(
                        f"{version}: nothing to draw; it was built before what it says of its "
                        "examples was kept."
                    )
                    continue
                draw_pictures(version, report)
                self.stdout.write(f"{version}: drawn.")
        except ClassifierError as error:
            raise CommandError(str(error)) from error
