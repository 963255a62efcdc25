from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.exceptions import InputFileError
from classifier.merchant_data.common_words import pack_words
from classifier.services.knowledge import WORDS_FILE


class Command(BaseCommand):
    help = "Build the list of everyday words from the text model's vocabulary."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("vocabulary", type=Path, help="The model's vocab.txt.")
        parser.add_argument("--output", type=Path, default=WORDS_FILE, help="Default: %(default)s.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = pack_words(options["vocabulary"])
            options["output"].write_bytes(content)
        except InputFileError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error}.") from error
        self.stdout.write(f"Wrote {len(content):,} bytes to {options['output']}.")
