"""Files in the store and in this machine's copies, and ways to spoil them.

Copies are hard links that many folders share, so a spoiled file is a new file in the place of one
link. What is spoiled here in the shared store is put right when a version of the same name and
input is built again.
"""

import shutil
from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages
from pytest_django import Settings

from classifier.artifacts.local import folder_path
from classifier.artifacts.store import blob_name
from classifier.engine.manifest import MANIFEST_FILE, Manifest
from classifier.models import Encoder, ModelVersion


def copied(row: ModelVersion | Encoder, name: str = "") -> Path:
    """This machine's copy of a row's folder, or of a file in it."""
    return folder_path(row.manifest_digest) / name


def stored(row: ModelVersion | Encoder, name: str = MANIFEST_FILE) -> Path:
    """The blob of a file of a row's folder in the store."""
    digest = row.manifest_digest
    if name != MANIFEST_FILE:
        digest = Manifest.read(stored(row)).files[name].sha256
    return stored_blob(digest)


def stored_blob(digest: str) -> Path:
    storage = storages["artifacts"]
    assert isinstance(storage, FileSystemStorage)
    return Path(storage.path(blob_name(digest)))


def copied_blob(digest: str) -> Path:
    return folder_path("").parent / blob_name(digest)


def rewrite(path: Path, content: bytes = b"spoiled") -> None:
    """Another file in the place of one that may have other links."""
    path.unlink()
    path.write_bytes(content)


def spoil_copy(row: ModelVersion | Encoder, name: str) -> None:
    """Spoil this machine's copy of a file, wherever it lies."""
    digest = Manifest.read(stored(row)).files[name].sha256
    rewrite(copied(row, name))
    rewrite(copied_blob(digest))


def spoil(version: ModelVersion, name: str = "config.json") -> None:
    """Spoil a file in the store as well, so that the version cannot be loaded. By default one
    that no other version has."""
    rewrite(stored(version, name))
    spoil_copy(version, name)


def lose(version: ModelVersion) -> None:
    """All that is the version's own, here and in the store."""
    stored(version).unlink(missing_ok=True)
    copied_blob(version.manifest_digest).unlink(missing_ok=True)
    shutil.rmtree(copied(version), ignore_errors=True)


def move_artifacts(settings: Settings, folder: Path) -> None:
    """Have the store and this machine's copies elsewhere."""
    settings.LOCAL_DIR = folder / "local"
    artifacts = {**settings.STORAGES["artifacts"], "OPTIONS": {"location": str(folder / "store")}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": artifacts}
