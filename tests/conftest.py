"""Fixtures shared by all tests: the real model, a built version, users and keys.

The database starts with the seed's taxonomy, the real encoder and an active version. The
encoder's files are exported once and kept under `.cache/`; the rest is made in each session.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from classifier import runtime
from classifier.engine.engine import Engine
from classifier.models import Encoder, ModelVersion, Scope
from classifier.routing import get_router
from classifier.services.rules import forget_rules
from tests.processes import (
    WEB,
    WORKER,
    Site,
    answers,
    free_port,
    own_environment,
    running,
    wait_until,
)
from tests.processes import manage as run_command

START_SECONDS = 120


@pytest.fixture(scope="session")
def exported_encoder() -> Path:
    """The real encoder's folder, exported where it is not there or older than what exports it.
    Needs no database."""
    from classifier.services.encoders import EXPORT_FOLDER

    export = settings.LOCAL_DIR / EXPORT_FOLDER
    folders = (export / "encoders").glob("*")
    newest = max(folders, key=_modified, default=None)
    code = settings.BASE_DIR / "classifier" / "export"
    if newest is not None and _modified(newest) > max(map(_modified, code.glob("*.py"))):
        return newest
    from classifier.export.pipeline import export_encoder
    from classifier.export.source import DEFAULT_NAME, find_source
    from classifier.services.encoders import parity_texts

    source = find_source(DEFAULT_NAME, None)
    return export_encoder(source, export, parity_texts()).folder


def _modified(path: Path) -> float:
    return path.stat().st_mtime


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
    from classifier.services.activations import activate_version
    from classifier.services.encoders import choose_encoder, prepare_encoder
    from classifier.services.merchants import load_merchants
    from classifier.services.taxonomy import seed_categories
    from classifier.services.versions import build_version

    with django_db_blocker.unblock():
        seed_categories()
        load_merchants()
        choose_encoder(prepare_encoder(), reason="tests")
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
    get_router.cache_clear()
    forget_rules()
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        shared = request.getfixturevalue("shared_runtime")
        runtime.get()._encoders.update(shared._encoders)
    yield
    runtime.reset()


@pytest.fixture(autouse=True)
def _nothing_is_left_in_the_repository() -> Iterator[None]:
    """Files of jobs were once left beside the code, and committed."""
    before = _entries()
    yield
    assert _entries() - before == set()


def _entries() -> set[Path]:
    """What lies in the repository's folder, and where the tests are run, but for hidden names and
    the data directory that a process has for its own where none is named."""
    folders = {settings.BASE_DIR, Path.cwd()}
    found = {path for folder in folders for path in folder.iterdir() if path.name[0] != "."}
    return found - {settings.BASE_DIR / "var"}


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
def make_staff(db: None) -> Callable[..., User]:
    """A function from permissions (`app.codename`) to a member of staff who has them only."""

    def make(*permissions: str) -> User:
        user = User.objects.create_user("vera", password="a password of vera", is_staff=True)
        for permission in permissions:
            app, codename = permission.split(".")
            user.user_permissions.add(
                Permission.objects.get(content_type__app_label=app, codename=codename)
            )
        return user

    return make


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


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the processes: a data directory and a database of their own."""
    data = tmp_path_factory.mktemp("site")
    variables = {
        "TXCAT_WEB_PROCESSES": "2",
        # Webhooks are received by the tests themselves.
        "TXCAT_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "TXCAT_WORKER_METRICS_PORT": str(free_port()),
    }
    with own_environment(data, **variables) as environment:
        yield environment


@pytest.fixture(scope="session")
def site(environment: dict[str, str]) -> Iterator[Site]:
    """Prepared by the commands that an operator runs, then served by web and worker."""
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        run_command(environment, *command)
    printed = run_command(environment, "bootstrap")
    login = next(line for line in printed.splitlines() if line.startswith("Admin login: "))
    username, _, password = login.split()[2:5]
    url = f"http://127.0.0.1:{environment['PORT']}"
    with (
        running(environment, "web", *WEB),
        running(environment, "worker", *WORKER),
    ):
        wait_until(lambda: answers(f"{url}/readyz"), START_SECONDS, "the site is ready")
        yield Site(url, username, password)


@pytest.fixture(scope="session")
def manage(environment: dict[str, str]) -> Callable[..., str]:
    """A function that runs a command of the installation and gives what it printed."""
    return partial(run_command, environment)
