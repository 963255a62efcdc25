"""This machine's own copies of what the store holds.

`blobs/` has a file for each blob, `folders/<SHA-256 of the manifest>/` hard links to them: a file
that many folders share lies here once. Each file is written aside and renamed into place, so
that processes which fetch the same one at the same time do not mind each other.
"""

import hashlib
import logging
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from django.conf import settings

from classifier.artifacts import store
from classifier.artifacts.files import DRAFTS_FOLDER, remove_stale_drafts
from classifier.engine.bundle import link_or_copy
from classifier.engine.manifest import MANIFEST_FILE, Manifest
from classifier.exceptions import BundleError, UnavailableError

logger = logging.getLogger(__name__)


def keep_folder(draft: Path, *, verified: Collection[str] = ()) -> str:
    """Put a finished folder in the store, its manifest last. Returns the manifest's SHA-256.

    What the store has already is not sent again; blobs whose SHA-256 is in `verified` are not
    even read there. The draft's files become this machine's copies by hard links: remove the
    draft, and write no more into its files. Raises BundleError where a file is not what the
    draft's own manifest says, UnavailableError where the store or this machine does not take it.
    """
    with _own_disk(draft):
        listed = draft / MANIFEST_FILE
        manifest = Manifest.read(listed) if listed.exists() else Manifest.of(draft)
        if not manifest.files:
            raise BundleError(f"{draft} holds no files.")
        for name, entry in manifest.files.items():
            store.put(draft / name, entry, is_verified=entry.sha256 in verified)
        folder = folder_path(manifest.digest)
        for name, entry in manifest.files.items():
            blob = _blob_path(entry.sha256)
            if not _is_same_file(draft / name, blob) and entry.flaw_of(blob):
                _place(draft / name, blob)
            _place(blob, folder / name)
        blob = _blob_path(manifest.digest)
        with _draft() as path:
            path.write_bytes(manifest.content)
            store.put(path, manifest.entry)
            _place(path, blob)
        _place(blob, folder / MANIFEST_FILE)
    return manifest.digest


def local_folder(manifest_digest: str) -> Path:
    """This machine's copy of a folder that was kept, fetched where it is not there.

    Every file is there and has its size; whether it has its content is found by who hashes it,
    and put right by `mend_folder`. Raises BundleError naming the file and the blob where the
    store has none that is whole, UnavailableError where it does not answer or this machine cannot
    keep a copy.
    """
    _complete(manifest_digest, is_hashed=False)
    return folder_path(manifest_digest)


def mend_folder(manifest_digest: str, *, verified: Collection[str] = ()) -> bool:
    """Hash this machine's copy of a folder, but for files whose SHA-256 is in `verified`, and
    fetch again what is not as it was kept. Returns whether anything was. Raises as
    `local_folder`."""
    return _complete(manifest_digest, is_hashed=True, verified=verified)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder for a draft, on the disk of the copies; removed at the end. Raises
    UnavailableError where the disk fails, is full or may not be written."""
    scratch = Path(settings.LOCAL_DIR) / "scratch"
    with _own_disk(scratch):
        scratch.mkdir(parents=True, exist_ok=True)
        remove_stale_drafts(scratch)
        with TemporaryDirectory(dir=scratch, prefix="draft-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)


def folder_path(manifest_digest: str) -> Path:
    """Where this machine's copy of a folder is, or would be."""
    return _root() / "folders" / manifest_digest


def _complete(manifest_digest: str, *, is_hashed: bool, verified: Collection[str] = ()) -> bool:
    folder = folder_path(manifest_digest)
    with _own_disk(folder):
        is_new = not folder.exists()
        manifest, fetched = _read_manifest(folder, manifest_digest), None
        is_whole = manifest is not None
        if manifest is None:
            file = folder / MANIFEST_FILE
            if not is_new:
                logger.warning("%s is missing or altered; it is fetched again.", file)
            fetched = _fetch(manifest_digest, file)
            manifest = Manifest.parse(fetched.read_bytes(), str(file))
        for name, entry in manifest.files.items():
            file = folder / name
            is_checked = is_hashed and entry.sha256 not in verified
            flaw = entry.flaw_of(file, is_hashed=is_checked)
            if not flaw:
                continue
            is_whole = False
            if not is_new:
                logger.warning("%s %s; it is fetched again.", file, flaw)
            blob = _blob_path(entry.sha256)
            if entry.flaw_of(blob, is_hashed=is_checked):
                _fetch(entry.sha256, file)
            _place(blob, file)
        if fetched is not None:
            _place(fetched, folder / MANIFEST_FILE)
    return not is_whole


def _read_manifest(folder: Path, digest: str) -> Manifest | None:
    """None where the copy has none, or another."""
    try:
        return Manifest.read(folder / MANIFEST_FILE, digest)
    except (OSError, BundleError):
        return None


def _fetch(digest: str, file: Path) -> Path:
    """Get a blob from the store; errors call it `file`. Returns where it lies here."""
    blob = _blob_path(digest)
    found = hashlib.sha256()
    with _draft() as draft:
        with draft.open("xb") as content:
            for chunk in store.read(digest, file):
                found.update(chunk)
                content.write(chunk)
        if found.hexdigest() != digest:
            raise BundleError(
                f"{file} cannot be fetched: blob {store.blob_name(digest)} of the artifact store "
                "is damaged."
            )
        _place(draft, blob)
    return blob


def _place(source: Path, target: Path) -> None:
    """Make `target` a link to `source`, in one step and whatever was there."""
    with _draft() as link:
        link_or_copy(source, link)
        for parent in reversed(target.relative_to(_root()).parents):
            above = _root() / parent
            if above.exists() and not above.is_dir():
                above.unlink(missing_ok=True)
            above.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            shutil.rmtree(target)
        link.replace(target)


@contextmanager
def _draft() -> Iterator[Path]:
    """A free name beside the copies; what is left under it at the end is removed."""
    drafts = _root() / DRAFTS_FOLDER
    drafts.mkdir(parents=True, exist_ok=True)
    remove_stale_drafts(drafts)
    draft = drafts / uuid4().hex
    try:
        yield draft
    finally:
        with suppress(OSError):
            draft.unlink()


@contextmanager
def _own_disk(folder: Path) -> Iterator[None]:
    """Raises UnavailableError where this machine's disk fails, is full or may not be written."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{error.filename or folder} cannot be read or written on this machine: "
            f"{error.strerror or error}."
        ) from error


def _is_same_file(left: Path, right: Path) -> bool:
    return right.is_file() and left.samefile(right)


def _blob_path(digest: str) -> Path:
    return _root() / store.blob_name(digest)


def _root() -> Path:
    return Path(settings.LOCAL_DIR) / "artifacts"
