"""Files that become visible whole."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from time import time
from typing import Any
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

DRAFTS_FOLDER = "drafts"
# A draft this old was left by a process that was killed.
STALE_SECONDS = 86_400


@deconstructible
class WholeFileStorage(FileSystemStorage):
    """A folder, of this machine or shared, in which nobody sees half a file.

    Django's own writes under the final name; here a file is written among the drafts, flushed to
    the disk and linked to its name, which is what decides between two that want the same one.
    """

    def _save(self, name: str, content: File[Any]) -> str:
        drafts = Path(self.location) / DRAFTS_FOLDER
        remove_stale_drafts(drafts)
        draft = drafts / uuid4().hex
        try:
            super()._save(f"{DRAFTS_FOLDER}/{draft.name}", content)  # type: ignore[misc]
            _flush(draft)
            return self._link(draft, name)
        finally:
            draft.unlink(missing_ok=True)

    def _link(self, draft: Path, name: str) -> str:
        while True:
            target = Path(self.path(name))
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(draft, target)
            except FileExistsError:
                name = self.get_available_name(name)
            except OSError:
                # A file system without hard links.
                draft.rename(target)
                return name
            else:
                return name


def remove_stale_drafts(drafts: Path) -> None:
    """Remove files and folders that killed processes left; where that fails, the next one tries."""
    with suppress(OSError):
        for draft in drafts.iterdir():
            if draft.stat().st_mtime < time() - STALE_SECONDS:
                shutil.rmtree(draft) if draft.is_dir() else draft.unlink()


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
