import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from classifier.exceptions import UnavailableError
from classifier.models import ApiKey, ModelVersion, Scope
from classifier.services.api_keys import create_api_key
from classifier.services.encoders import has_whole_encoder
from classifier.services.versions import is_whole

ADMIN_NAME = "admin"
KEY_NAME = "first key"


class Command(BaseCommand):
    help = "Seed, prepare the encoder, build and activate; make the first login and API key."

    def handle(self, *args: Any, **options: Any) -> None:
        """Every step is done once: what is there, and whole, is left as it is."""
        try:
            self._make_version()
        except UnavailableError as error:
            raise CommandError(str(error)) from error
        self._make_login()
        self._make_key()

    def _make_version(self) -> None:
        active = ModelVersion.objects.active().first()
        is_missing = active is None or not is_whole(active)
        if is_missing:
            call_command("seed_categories", stdout=self.stdout)
        # Where a version serves too: a new release may bring a new table.
        call_command("load_merchants", verbosity=0, stdout=self.stdout)
        if is_missing:
            if not has_whole_encoder():
                self.stdout.write(
                    "Making the encoder in each kind and measuring them: some minutes, this once."
                )
                self.stdout.flush()
                call_command("prepare_encoder", stdout=self.stdout)
            call_command("build_version", activate=True, stdout=self.stdout)

    def _make_login(self) -> None:
        users = get_user_model().objects
        if users.exists():
            return
        password = secrets.token_urlsafe(12)
        users.create_superuser(ADMIN_NAME, password=password)
        self._show("Admin login", f"{ADMIN_NAME} / {password}")

    def _make_key(self) -> None:
        if ApiKey.objects.exists():
            return
        _, key = create_api_key(KEY_NAME, Scope.values)
        self._show("API key", key)

    def _show(self, title: str, secret: str) -> None:
        self.stdout.write(f"{title}: {secret}   (shown this once; it is not kept in clear)")
