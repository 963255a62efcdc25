"""A store and copies apart from those of the other tests, and a small folder to keep."""

from pathlib import Path

import pytest
from django.core.files.storage import storages
from pytest_django import Settings

from classifier.artifacts.store import blob_name
from tests.artifacts import move_artifacts

FILES = {"config.json": b'{"version": "v1"}\n', "encoder/model.onnx": bytes(range(256)) * 20}


@pytest.fixture(autouse=True)
def apart(settings: Settings, tmp_path: Path) -> Path:
    """Holds `store` and `local`."""
    move_artifacts(settings, tmp_path / "artifacts")
    return tmp_path / "artifacts"


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    return write(tmp_path / "draft", FILES)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def read(folder: Path) -> dict[str, bytes]:
    """What a folder holds beside its manifest."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


def files_under(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def is_stored(digest: str) -> bool:
    return storages["artifacts"].exists(blob_name(digest))
