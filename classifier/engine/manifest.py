"""A folder's files by their digests.

`manifest.json` stands among the files that it lists: a format number, and for each file its
path inside the folder, its SHA-256 and its size. The manifest's own SHA-256 names the folder.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from classifier.exceptions import BundleError

FORMAT = 1
MANIFEST_FILE = "manifest.json"

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What a file must be: its SHA-256 in hex, its size in bytes."""

    sha256: str
    size: int

    def flaw_of(self, path: Path, *, is_hashed: bool = True) -> str:
        """What is wrong with the file at `path`, in words that follow its name; nothing where
        it is right. Unless `is_hashed`, its size speaks for its content."""
        if not path.is_file():
            return "is missing"
        size = path.stat().st_size
        if size != self.size:
            return f"is not the file that was built: it has {size} bytes, not {self.size}"
        if is_hashed and file_digest(path) != self.sha256:
            return "is not the file that was built: its SHA-256 differs"
        return ""


@dataclass(frozen=True)
class Manifest:
    """`content` is the file as it stands, `files` what it says."""

    content: bytes
    files: Mapping[str, FileEntry]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def entry(self) -> FileEntry:
        """Its own."""
        return FileEntry(self.digest, len(self.content))

    @classmethod
    def of(cls, folder: Path) -> "Manifest":
        """The manifest of all files under `folder`, each of which is hashed. A manifest that
        stands there already is not one of them."""
        return cls.listing(
            {
                path.relative_to(folder).as_posix(): FileEntry(
                    file_digest(path), path.stat().st_size
                )
                for path in folder.rglob("*")
                if path.is_file() and path != folder / MANIFEST_FILE
            }
        )

    @classmethod
    def listing(cls, files: Mapping[str, FileEntry]) -> "Manifest":
        """The same for the same files, whatever their order."""
        listed = {
            name: {"sha256": files[name].sha256, "bytes": files[name].size}
            for name in sorted(files)
        }
        text = json.dumps({"format": FORMAT, "files": listed}, indent=1, ensure_ascii=False) + "\n"
        return cls(text.encode(), files)

    @classmethod
    def read(cls, path: Path, digest: str | None = None) -> "Manifest":
        """Read a manifest, whose SHA-256 must be `digest` where that is given. Raises BundleError
        naming the file where it is not that or no manifest, OSError where it cannot be read."""
        return cls.parse(path.read_bytes(), str(path), digest)

    @classmethod
    def parse(cls, content: bytes, name: str, digest: str | None = None) -> "Manifest":
        """As `read`, of a manifest that is in memory; `name` is what errors call it."""
        if digest is not None and hashlib.sha256(content).hexdigest() != digest:
            raise BundleError(f"{name} is not the manifest that was built: its SHA-256 differs.")
        try:
            said = json.loads(content.decode("utf-8"))
        except ValueError as error:
            raise BundleError(f"{name} is not JSON: {error}.") from error
        files = (
            said.get("files") if isinstance(said, dict) and said.get("format") == FORMAT else None
        )
        if not isinstance(files, dict) or not all(map(_is_entry, files.values())):
            raise BundleError(f"{name} is not a manifest of format {FORMAT}.")
        for file in files:
            if not _is_inside(file):
                raise BundleError(f"{name} lists {file!r}, which is no path inside the folder.")
        entries = {
            file: FileEntry(entry["sha256"], entry["bytes"]) for file, entry in files.items()
        }
        return cls(content, entries)

    def write(self, folder: Path) -> None:
        (folder / MANIFEST_FILE).write_bytes(self.content)

    def check(self, folder: Path, *, verified: Collection[str] = ()) -> None:
        """Hold every file against its entry. A file whose SHA-256 is in `verified` must be there
        and is not hashed. Raises BundleError naming the first that is missing or altered."""
        for name, entry in self.files.items():
            flaw = entry.flaw_of(folder / name, is_hashed=entry.sha256 not in verified)
            if flaw:
                raise BundleError(f"{folder / name} {flaw}.")


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("sha256"), str)
        and _SHA256.fullmatch(entry["sha256"]) is not None
        and isinstance(entry.get("bytes"), int)
    )


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return path.as_posix() == name and not path.is_absolute() and ".." not in path.parts
