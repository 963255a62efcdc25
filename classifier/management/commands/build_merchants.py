from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.engine.merchants.table import write_merchants
from classifier.exceptions import ClassifierError
from classifier.merchant_data.building import build_table
from classifier.services.merchants import MERCHANTS_FILE
from classifier.services.taxonomy import DATA_DIR


class Command(BaseCommand):
    help = (
        "Build the table of merchants from the npm package name-suggestion-index, the card "
        "schemes' codes of airlines, hotels and car rentals, and more_merchants.csv. "
        "Needs requirements-dev.txt."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="The package: its folder or its .tgz.")
        parser.add_argument(
            "--written",
            type=Path,
            default=DATA_DIR / "more_merchants.csv",
            help="The merchants written by hand; default: %(default)s.",
        )
        parser.add_argument(
            "--output",
            type=Path,
            default=MERCHANTS_FILE,
            help="The table to write; default: %(default)s.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            table = build_table(options["source"], options["written"])
            write_merchants(options["output"], table.merchants)
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error}.") from error
        self.stdout.write(
            f"{len(table.merchants):,} merchants: {table.brand_count:,} of name-suggestion-index "
            f"{table.source_version}, {table.written_count:,} written by hand, "
            f"{table.code_count:,} with a card code; "
            f"{options['output'].stat().st_size / 1e6:.2f} MB."
        )
