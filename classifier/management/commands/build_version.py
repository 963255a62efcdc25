from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.management.progress import progress_bar
from classifier.services.activations import activate_version
from classifier.services.versions import build_version


class Command(BaseCommand):
    help = "Build a version from the newest encoder and all active examples."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--activate", action="store_true", help="Make it live.")
        parser.add_argument(
            "--force", action="store_true", help="Build even where nothing has changed."
        )
        parser.add_argument("--note", default="", help="Kept with the version.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with progress_bar("Building a version") as report:
                version, is_new = build_version(
                    report=report, note=options["note"], force=options["force"]
                )
            self.stdout.write(
                f"{'Built' if is_new else 'Nothing has changed since'} {version}: out-of-sample "
                f"accuracy {version.accuracy:.1%} on {version.example_count} examples of "
                f"{version.category_count} categories, macro-F1 {version.macro_f1:.1%}, "
                f"calibration error {version.calibration_error:.1%}."
            )
            if options["activate"]:
                activation = activate_version(version, reason="build_version --activate")
                self.stdout.write(
                    f"{version} is live." if activation else f"{version} was live already."
                )
        except ClassifierError as error:
            raise CommandError(str(error)) from error
