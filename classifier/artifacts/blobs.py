"""Single files in the artifact store, read into memory: no machine keeps a copy."""

import hashlib
from pathlib import Path

from classifier.artifacts import store
from classifier.artifacts.local import scratch_folder
from classifier.engine.manifest import FileEntry
from classifier.exceptions import BundleError


def keep_blob(content: bytes) -> str:
    """Store a blob unless it is there. Returns its SHA-256. Raises UnavailableError where the
    store or this machine does not take it."""
    entry = FileEntry(hashlib.sha256(content).hexdigest(), len(content))
    with scratch_folder() as scratch:
        file = scratch / entry.sha256
        file.write_bytes(content)
        store.put(file, entry)
    return entry.sha256


def read_blob(digest: str) -> bytes:
    """Raises BundleError where the store has no such blob or it is damaged, UnavailableError
    where the store does not answer."""
    content = b"".join(store.read(digest, Path(digest)))
    if hashlib.sha256(content).hexdigest() != digest:
        raise BundleError(f"Blob {store.blob_name(digest)} of the artifact store is damaged.")
    return content


def remove_blob(digest: str) -> None:
    """Nothing happens where there is none. Raises UnavailableError where the store does not
    answer. The caller knows that nothing else names it."""
    store.remove(digest)
