from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.management.progress import progress_bar
from classifier.services.encoders import choose_encoder
from classifier.services.tuning import autotune_here, write_tuning


class Command(BaseCommand):
    help = (
        "Measure how many processes and threads, and which encoder, do most on this machine, "
        "and print the table. Nothing is changed without --write. Let nothing else run meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--write",
            action="store_true",
            help="Keep the choice: processes and threads for servers that start on machines like "
            "this one, the encoder for versions built from now on.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with progress_bar("Autotune") as report:
                encoders, tuning = autotune_here(report)
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        choice = tuning.choice
        width = max(len(trial.name) for trial in tuning.trials)
        self.stdout.write(f"{'encoder':<{width}}  processes  threads  texts/s  p95 ms")
        for trial in tuning.trials:
            mark = "  <- chosen" if trial == choice else f"  {trial.refusal or ''}".rstrip()
            self.stdout.write(
                f"{trial.name:<{width}}  {trial.processes:>9}  {trial.threads:>7}  "
                f"{trial.texts_per_second:>7,.0f}  {trial.p95_ms:>6.1f}{mark}"
            )
        self.stdout.write(tuning.reason)
        if not options["write"]:
            self.stdout.write("Nothing was written; --write keeps this choice.")
            return
        path = write_tuning(settings.TUNING_FILE.name, choice.processes, choice.threads)
        chosen = next(encoder for encoder in encoders if str(encoder) == choice.name)
        is_new = choose_encoder(chosen, reason=f"autotune: {tuning.reason}")
        self.stdout.write(
            f"Written to {path}; servers read it when they start."
            + (" Build a version to use the encoder." if is_new else "")
        )
