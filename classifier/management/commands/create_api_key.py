from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from classifier.exceptions import InvalidItemError
from classifier.services.api_keys import create_api_key

# A hundred years.
MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Make an API key and print it, alone, on standard output. It is not kept in clear."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Whose key it is.")
        parser.add_argument(
            "--scopes", default="classify,feedback", help="Of classify, feedback, curate, metrics."
        )
        parser.add_argument("--days", type=int, help="Days until it expires; default: never.")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        days = options["days"]
        if days is not None and not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days: expected a number from 1 to {MOST_DAYS:,}.")
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            _, key = create_api_key(options["name"], scopes, expires_at)
        except InvalidItemError as error:
            raise CommandError(f"{error.path}: {error}") from error
        self.stdout.write(key)
