"""The files of a job in storage: whole under their names, or not there."""

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, storages

from classifier.exceptions import NO_ROOM, StorageError

ROOT = "jobs"


class JobFiles:
    """Files in a folder of the storage “artifacts”.

    What is written appears under its name when it is whole and replaces what was there: a worker
    that is killed leaves no half of it, and one that does the same work again does no harm.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._storage: Storage = storages["artifacts"]

    @classmethod
    def new(cls) -> "JobFiles":
        return cls(f"{ROOT}/{uuid4().hex}")

    def has(self, name: str) -> bool:
        return self._storage.exists(self._full(name))

    def size(self, name: str) -> int:
        return self._storage.size(self._full(name))

    def open(self, name: str) -> File:  # type: ignore[type-arg]
        """For reading bytes. Raises StorageError where it is not there."""
        try:
            return self._storage.open(self._full(name), "rb")
        except FileNotFoundError as error:
            raise StorageError(f"The file {self._full(name)} is not there.") from error

    def read_json(self, name: str) -> Any:
        with self.open(name) as file:
            return json.load(file)

    def write_json(self, name: str, value: Any) -> None:
        with self.writing(name) as file:
            file.write(json.dumps(value, ensure_ascii=False).encode())

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A file to write, which appears under `name` at the end of the block; not at all where
        the block raises."""
        path = self._path(name)
        if path is None:
            with NamedTemporaryFile() as draft:
                yield draft
                draft.seek(0)
                self._storage.delete(self._full(name))
                self._storage.save(self._full(name), File(draft))
            return
        # The file system's own storage would write under the final name from the first byte on.
        draft_path = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
        draft_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft_path.open("wb") as file:
                yield file
            draft_path.replace(path)
        finally:
            draft_path.unlink(missing_ok=True)

    def take(self, name: str, source: Path) -> None:
        """Store a file of this machine under `name`; it is moved where that is possible."""
        path = self._path(name)
        if path is None:
            with source.open("rb") as file, self.writing(name) as target:
                shutil.copyfileobj(file, target)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            source.rename(path)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with source.open("rb") as file, self.writing(name) as target:
                shutil.copyfileobj(file, target)

    def local(self, name: str, folder: Path) -> Path:
        """The file as a path of this machine, fetched into `folder` where it is elsewhere.

        Raises StorageError where it is not there.
        """
        path = self._path(name)
        if path is None:
            path = folder / name.replace("/", "-")
            folder.mkdir(parents=True, exist_ok=True)
            with self.open(name) as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
        elif not path.exists():
            raise StorageError(f"The file {self._full(name)} is not there.")
        return path

    def delete(self, *, but: tuple[str, ...] = ()) -> None:
        """Delete all files, drafts too, but for those named."""
        self._delete_in(self.folder, {self._full(name) for name in but})

    def _delete_in(self, folder: str, kept: set[str]) -> None:
        try:
            folders, files = self._storage.listdir(folder)
        except FileNotFoundError:
            return
        for name in folders:
            self._delete_in(f"{folder}/{name}", kept)
        for name in files:
            if f"{folder}/{name}" not in kept:
                self._storage.delete(f"{folder}/{name}")
        if not any(name.startswith(f"{folder}/") for name in kept):
            # A worker that was taken for lost may still write there.
            with suppress(OSError):
                self._storage.delete(folder)

    def _full(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def _path(self, name: str) -> Path | None:
        """None where the storage is no folder of this machine."""
        if isinstance(self._storage, FileSystemStorage):
            return Path(self._storage.path(self._full(name)))
        return None


@contextmanager
def told_where_storage_fails() -> Iterator[None]:
    """An OSError in the block becomes a StorageError that says why."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageError("There is no room to store the job's files.") from error
        raise StorageError(f"The job's files cannot be read or written: {error}.") from error
