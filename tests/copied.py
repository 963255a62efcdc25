"""An installation that has the tests' own version: to make one takes longer than most tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from tests.processes import manage, own_environment

TABLES = ["category", "encoder", "modelversion", "activation"]


@contextmanager
def copied_installation(
    data: Path, blocker: DjangoDbBlocker, **variables: str
) -> Iterator[dict[str, str]]:
    """The environment of its processes. Needs the tests' own database."""
    (data / "artifacts").mkdir()
    (data / "artifacts" / "blobs").symlink_to(Path(settings.ARTIFACTS_DIR) / "blobs")
    rows = data / "rows.json"
    with blocker.unblock():
        names = [f"classifier.{table}" for table in TABLES]
        call_command("dumpdata", *names, output=str(rows), verbosity=0)
    with own_environment(data, **variables) as environment:
        manage(environment, "migrate", "--verbosity=0")
        manage(environment, "loaddata", str(rows), "--verbosity=0")
        yield environment
