"""Folders written aside and renamed when they are whole."""

import errno
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from classifier.engine.bundle import file_digest
from classifier.exceptions import EncoderError

PREFIX = ".encoder-"
LOCK_FILE = ".lock"
# A folder gets its lock right after it is made.
YOUNG_SECONDS = 60
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def draft_folder(artifacts: Path) -> Iterator[Path]:
    """A scratch folder under `artifacts`, gone at the end however that comes.

    Those whose process was killed are swept first. Raises EncoderError where the disk is full.
    """
    with full_disk_named(artifacts):
        artifacts.mkdir(parents=True, exist_ok=True)
        sweep_drafts(artifacts)
        with (
            tempfile.TemporaryDirectory(dir=artifacts, prefix=PREFIX) as scratch,
            (Path(scratch) / LOCK_FILE).open("w") as lock,
        ):
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield Path(scratch)


@contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """Turn the system's "no space left" into an EncoderError that names the folder."""
    try:
        yield
    except OSError as error:
        if not _is_full(error):
            raise
        raise EncoderError(
            f"The disk under {folder} is full; what was begun is removed. Make room and try again."
        ) from error


def _is_full(error: OSError) -> bool:
    """Copying a folder gathers what went wrong in words, without numbers."""
    if isinstance(error, shutil.Error):
        return any(os.strerror(code) in str(error) for code in FULL)
    return error.errno in FULL


def sweep_drafts(artifacts: Path) -> int:
    """Remove scratch folders that no living process holds. Returns how many."""
    removed = 0
    for folder in artifacts.glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < YOUNG_SECONDS:
                continue
            with (folder / LOCK_FILE).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # Held by its process, or swept by another.
            continue
        shutil.rmtree(folder, ignore_errors=True)
        removed += 1
    return removed


def keep(draft: Path, target: Path) -> None:
    """Move a finished folder to its digest-named place. One that is there stays if it is the
    same, file by file, and makes room if it was damaged. Either way it is the newest folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and _digests(target) != _digests(draft):
        target.rename(draft.with_name(f"damaged-{target.name}"))
    if target.exists():
        shutil.rmtree(draft)
    else:
        draft.rename(target)
    os.utime(target)


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: file_digest(path) for path in folder.iterdir() if path.is_file()}
