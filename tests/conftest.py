"""Fixtures shared by all tests: the real model, a built version, users and keys.

The database starts with the seed's taxonomy, the real encoder and an active version. The
encoder's files are exported once and kept under `.cache/`; the rest is made in each session.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from classifier import runtime
from classifier.engine.engine import Engine
from classifier.models import Encoder, ModelVersion, Scope


@pytest.fixture(scope="session")
def exported_encoder() -> Path:
    """The real encoder's folder, exported where it is not there yet. Needs no database."""
    folders = sorted((settings.ARTIFACTS_DIR / "encoders").glob("*/encoder.json"))
    if folders:
        return folders[0].parent
    from classifier.export.pipeline import export_encoder
    from classifier.export.source import DEFAULT_NAME, find_source
    from classifier.services.encoders import parity_texts

    source = find_source(DEFAULT_NAME, None)
    return export_encoder(source, settings.ARTIFACTS_DIR, parity_texts()).folder


@pytest.fixture(scope="session")
def engine(exported_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The seed's taxonomy and examples as a loaded bundle, made without a database."""
    from tests.bundles import write_seed_bundle

    folder = tmp_path_factory.mktemp("bundles") / "seed"
    write_seed_bundle(folder, exported_encoder)
    return Engine.load(folder)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, exported_encoder: Path, django_db_blocker: DjangoDbBlocker
) -> None:
    from classifier.services.encoders import prepare_encoder
    from classifier.services.taxonomy import seed_categories
    from classifier.services.versions import activate_version, build_version

    with django_db_blocker.unblock():
        seed_categories()
        prepare_encoder()
        version, _ = build_version()
        activate_version(version, reason="tests")


@pytest.fixture(scope="session")
def shared_runtime(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> runtime.Runtime:
    """Loaded once: a runtime made for a test takes its encoder from here."""
    with django_db_blocker.unblock():
        held = runtime.Runtime()
        held.refresh()
    return held


@pytest.fixture(autouse=True)
def _fresh_runtime(request: pytest.FixtureRequest) -> Iterator[None]:
    """A runtime of its own for each test that uses the database."""
    runtime.reset()
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        shared = request.getfixturevalue("shared_runtime")
        runtime.get()._encoders.update(shared._encoders)
    yield
    runtime.reset()


@pytest.fixture
def active_version(db: None) -> ModelVersion:
    return ModelVersion.objects.active().get()


@pytest.fixture
def encoder(db: None) -> Encoder:
    return Encoder.objects.get()


@pytest.fixture
def admin_user(db: None) -> User:
    return User.objects.create_superuser("ada", "ada@example.com", "a password of ada")


@pytest.fixture
def make_client(db: None) -> Any:
    """A function from scopes to an API client that holds a new key with them."""
    from classifier.services.api_keys import create_api_key

    def make(*scopes: Scope) -> APIClient:
        _, key = create_api_key("test", [scope.value for scope in scopes])
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
        return client

    return make


@pytest.fixture
def api(make_client: Any) -> APIClient:
    """A client that may do everything."""
    client: APIClient = make_client(*Scope)
    return client
