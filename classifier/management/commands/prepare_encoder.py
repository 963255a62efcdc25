from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import ClassifierError
from classifier.management.progress import progress_bar
from classifier.services.encoders import prepare_encoder


class Command(BaseCommand):
    help = "Verify the model's weights, export them to ONNX and check the result."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="The model's name; default: TXCAT_ENCODER.")
        parser.add_argument("--source", type=Path, help="A folder that holds the model.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with progress_bar("Preparing the encoder") as report:
                encoder = prepare_encoder(
                    name=options["name"], source=options["source"], report=report
                )
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{encoder}: {encoder.size_bytes / 1e6:.0f} MB, {encoder.dimension} dimensions; on "
            f"{encoder.parity_texts} texts at most {encoder.parity_max_difference:.1e} off, cosine "
            f"at least {encoder.parity_min_cosine:.6f}; batch-invariant: "
            f"{'yes' if encoder.batch_invariant else 'no'}."
        )
