"""Files in the store and in this machine's copies, and ways to spoil them.

Copies are hard links that many folders share, so a spoiled file is a new file in the place of one
link. What is spoiled here in the shared store is put right when a version of the same name and
input is built again.
"""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage, storages
from pytest_django import Settings

from classifier.artifacts.files import WholeFileStorage
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
    """What holds the version's files together, here and in the store."""
    stored(version).unlink(missing_ok=True)
    lose_copies(version)


def lose_copies(version: ModelVersion) -> None:
    copied_blob(version.manifest_digest).unlink(missing_ok=True)
    shutil.rmtree(copied(version), ignore_errors=True)


def move_artifacts(settings: Settings, folder: Path) -> None:
    """Have the store and this machine's copies elsewhere."""
    settings.LOCAL_DIR = folder / "local"
    use_storage(settings, WholeFileStorage, location=str(folder / "store"))


def use_storage(settings: Settings, storage: type[Storage], **options: object) -> None:
    """Have another store."""
    name = f"{storage.__module__}.{storage.__qualname__}"
    artifacts = {"BACKEND": name, "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "artifacts": artifacts}


@contextmanager
def room_for_files_of(size: int) -> Iterator[None]:
    """No file may grow past `size` bytes: writing more fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class AwayError(Exception):
    """What the client of an object store raises, which is no OSError."""


class AwayStorage(InMemoryStorage):
    """An object store that does not answer."""

    def open(self, name: str, mode: str = "rb") -> NoReturn:
        raise AwayError("connection refused")

    def exists(self, name: str) -> NoReturn:
        raise AwayError("connection refused")


def put_store_away(settings: Settings) -> None:
    """The store does not answer until other settings are in force."""
    settings.ARTIFACT_STORAGE_ERRORS = [f"{AwayError.__module__}.{AwayError.__qualname__}"]
    use_storage(settings, AwayStorage)
