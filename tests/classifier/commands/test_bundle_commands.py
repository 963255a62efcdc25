"""Versions between installations, by command."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from classifier.engine.engine import Engine
from classifier.models import Activation, ModelVersion

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_version_goes_out_and_comes_in(active_version: ModelVersion, tmp_path: Path) -> None:
    folder = str(tmp_path / "out")
    assert run("export_bundle", active_version.name, folder) == f"v1 is in {folder}.\n"
    assert Engine.load(folder).bundle.version == "v1"
    assert run("import_bundle", folder) == f"{folder} is here already, as v1.\n"
    Activation.objects.all().delete()
    ModelVersion.objects.all().delete()
    said = run("import_bundle", folder)
    imported = ModelVersion.objects.get()
    assert f"{folder} is now {imported}: accuracy {active_version.accuracy:.1%}" in said
    assert f"{imported} is live" in run("activate_version", imported.name)


def test_what_cannot_be_done_is_said(active_version: ModelVersion, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No version is called “v99”"):
        run("export_bundle", "v99", str(tmp_path / "out"))
    with pytest.raises(CommandError, match="is there already"):
        run("export_bundle", active_version.name, str(tmp_path.parent))
    with pytest.raises(CommandError, match=r"manifest\.json is missing"):
        run("import_bundle", str(tmp_path))
