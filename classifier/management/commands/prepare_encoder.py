from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.engine.kinds import DERIVED_KINDS, Kind
from classifier.exceptions import ClassifierError
from classifier.management.progress import progress_bar
from classifier.models import Encoder
from classifier.services.encoder_kinds import Prepared, prepare_encoders


class Command(BaseCommand):
    help = (
        "Verify the model's weights, export them to ONNX, make the other kinds of encoder, "
        "validate and benchmark all, and have versions built with the fastest that keeps the "
        "answers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="The model's name; default: TXCAT_ENCODER.")
        parser.add_argument("--source", type=Path, help="A folder that holds the model.")
        parser.add_argument(
            "--kinds",
            nargs="*",
            type=Kind,
            choices=DERIVED_KINDS,
            default=[Kind(kind) for kind in settings.ENCODER_KINDS],
            metavar="KIND",
            help=f"Beside fp32, of {', '.join(DERIVED_KINDS)}; none: fp32 alone, unmeasured. "
            "Default: TXCAT_ENCODER_KINDS.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with progress_bar("Preparing encoders") as report:
                prepared = prepare_encoders(
                    name=options["name"],
                    source=options["source"],
                    kinds=options["kinds"],
                    report=report,
                )
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self._say(prepared)

    def _say(self, prepared: Prepared) -> None:
        for encoder in prepared.encoders:
            self.stdout.write(_line(encoder))
        for kind, why in prepared.refused.items():
            self.stdout.write(f"{kind} was not made: {why}")
        self.stdout.write(f"Versions are built with {prepared.chosen}: {prepared.reason}")


def _line(encoder: Encoder) -> str:
    if encoder.reference is None:
        against = f"at most {encoder.parity_max_difference:.1e} off on {encoder.parity_texts} texts"
    else:
        changed, points = encoder.decisions_changed or 0.0, 100 * (encoder.accuracy_change or 0.0)
        against = f"{changed:.2%} of decisions changed, accuracy {points:+.2f} points"
    return (
        f"{encoder}: {encoder.size_bytes / 1e6:.0f} MB, {encoder.dimension} dimensions, {against}, "
        f"batch-invariant: {'yes' if encoder.batch_invariant else 'no'}."
    )
