"""The artifact store: blobs in Django storage, each under its SHA-256."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils.module_loading import import_string

from classifier.engine.manifest import FileEntry
from classifier.exceptions import BundleError, UnavailableError

logger = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 20


def blob_name(digest: str) -> str:
    return f"blobs/{digest[:2]}/{digest}"


def put(file: Path, entry: FileEntry, *, is_verified: bool = False) -> None:
    """Store a file unless its blob is there, whole.

    A blob of the right size is read and hashed before it is taken for whole, unless `is_verified`.
    Raises BundleError where the file is not what `entry` says, UnavailableError where the store
    does not take it.
    """
    store, name = _store(), blob_name(entry.sha256)
    with _answering(f"{file} cannot be stored"):
        if store.exists(name):
            if store.size(name) == entry.size and (is_verified or _is_whole(entry.sha256, file)):
                return
            logger.warning("Blob %s of the artifact store is damaged and stored anew.", name)
            store.delete(name)
    flaw = entry.flaw_of(file)
    if flaw:
        raise BundleError(f"{file} {flaw}.")
    with _answering(f"{file} cannot be stored"), file.open("rb") as content:
        saved = store.save(name, File(content))
        if saved != name:
            # Another process stored the same at the same time.
            store.delete(saved)
        if store.size(name) != entry.size:
            raise UnavailableError(f"{file} cannot be stored: its blob {name} came out short.")


def read(digest: str, file: Path) -> Iterator[bytes]:
    """The blob of a file that errors call `file`, in chunks, as the store gives it: to be hashed
    by who reads it. Raises BundleError where the store has no such blob, UnavailableError where
    it does not answer."""
    name = blob_name(digest)
    with _answering(f"{file} cannot be fetched"):
        try:
            with _store().open(name) as blob:
                while chunk := blob.read(CHUNK_BYTES):
                    yield chunk
        except FileNotFoundError as error:
            raise BundleError(
                f"{file} cannot be fetched: blob {name} is not in the artifact store."
            ) from error


def remove(digest: str) -> None:
    """Delete a blob, where it is there. Raises UnavailableError where the store does not answer."""
    name = blob_name(digest)
    with _answering(f"Blob {name} cannot be removed"):
        _store().delete(name)


def _is_whole(digest: str, file: Path) -> bool:
    found = hashlib.sha256()
    for chunk in read(digest, file):
        found.update(chunk)
    return found.hexdigest() == digest


def _store() -> Storage:
    return storages["artifacts"]


@contextmanager
def _answering(failed: str) -> Iterator[None]:
    """Raises UnavailableError, which begins with `failed`, for what a storage raises that does
    not answer."""
    try:
        yield
    except (OSError, *map(import_string, settings.ARTIFACT_STORAGE_ERRORS)) as error:
        reason = f"{type(error).__name__}: {error}"
        raise UnavailableError(f"{failed}: the artifact store says {reason}.") from error
