"""The npm package name-suggestion-index as it is read: OpenStreetMap's list of brands."""

import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.exceptions import InputFileError

BRANDS_MEMBER = "dist/json/nsi.json"
GENERIC_WORDS_MEMBER = "dist/json/genericWords.json"
# The folder that npm puts into every archive.
_ARCHIVE_ROOT = "package"


@dataclass(frozen=True, slots=True)
class Entry:
    """One brand, operator or network, in one kind of place.

    `tags` are OpenStreetMap's; `included` and `excluded` are where it is: ISO codes, names of
    GeoJSON files, M49 numbers; "" stands for a circle around a point.
    """

    key: str
    display_name: str
    tags: Mapping[str, str]
    match_names: tuple[str, ...]
    included: tuple[str, ...]
    excluded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of place, such as brands/shop/supermarket, and the names that are none there."""

    path: str
    excluded_names: tuple[re.Pattern[str], ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class NameSuggestions:
    version: str
    generic_words: tuple[re.Pattern[str], ...]
    kinds: tuple[Kind, ...]


def read_name_suggestions(path: Path) -> NameSuggestions:
    """Read the package, a folder or an archive as npm makes it.

    Raises InputFileError, naming file and member, where it is missing or of another shape.
    """
    brands = _Part(path, BRANDS_MEMBER, _document(path, BRANDS_MEMBER))
    generic = _Part(path, GENERIC_WORDS_MEMBER, _document(path, GENERIC_WORDS_MEMBER))
    kinds = brands["nsi"]
    return NameSuggestions(
        version=brands["_meta"]["version"].text(),
        generic_words=generic["genericWords"].patterns(),
        kinds=tuple(_kind(name, kinds[name]) for name in kinds.names()),
    )


def _kind(path: str, part: "_Part") -> Kind:
    exclude = part["properties"].get("exclude", {})
    return Kind(
        path=path,
        excluded_names=(
            *exclude.get("generic", []).patterns(),
            *exclude.get("named", []).patterns(),
        ),
        entries=tuple(_entry(item) for item in part["items"].items()),
    )


def _entry(part: "_Part") -> Entry:
    locations = part["locationSet"]
    return Entry(
        key=part["id"].text(),
        display_name=part["displayName"].text(),
        tags={name: part["tags"][name].text() for name in part["tags"].names()},
        match_names=part.get("matchNames", []).texts(),
        included=locations["include"].places(),
        excluded=locations.get("exclude", []).places(),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a JSON document that knows where it stands, for complaints."""

    file: Path
    where: str
    value: Any

    def __getitem__(self, name: str) -> "_Part":
        if name not in self._expect(dict, "an object"):
            raise InputFileError(f"{self.file}: {self.where} has no {name!r}.")
        return _Part(self.file, f"{self.where}: {name}", self.value[name])

    def get(self, name: str, default: Any) -> "_Part":
        value = self._expect(dict, "an object").get(name, default)
        return _Part(self.file, f"{self.where}: {name}", value)

    def names(self) -> list[str]:
        return list(self._expect(dict, "an object"))

    def items(self) -> list["_Part"]:
        values = self._expect(list, "a list")
        return [_Part(self.file, f"{self.where}.{i}", value) for i, value in enumerate(values)]

    def text(self) -> str:
        return str(self._expect(str, "a text"))

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def places(self) -> tuple[str, ...]:
        """Places in lower case; a circle, which is a list of numbers, as ""."""
        return tuple(
            "" if isinstance(item.value, list) else item.text().lower() for item in self.items()
        )

    def patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(item.pattern() for item in self.items())

    def pattern(self) -> re.Pattern[str]:
        try:
            return re.compile(self.text(), re.IGNORECASE)
        except re.error as error:
            raise InputFileError(f"{self.file}: {self.where} is no pattern: {error}.") from error

    def _expect(self, kind: type, noun: str) -> Any:
        if not isinstance(self.value, kind):
            raise InputFileError(f"{self.file}: {self.where} is not {noun}.")
        return self.value


def _document(path: Path, member: str) -> Any:
    content = _read_folder(path, member) if path.is_dir() else _read_archive(path, member)
    try:
        return json.loads(content)
    except ValueError as error:
        raise InputFileError(f"{path}: {member} is not JSON: {error}.") from error


def _read_folder(path: Path, member: str) -> bytes:
    try:
        return (path / member).read_bytes()
    except OSError as error:
        raise InputFileError(f"{path}: {member} cannot be read: {error.strerror}.") from error


def _read_archive(path: Path, member: str) -> bytes:
    try:
        with tarfile.open(path) as archive:
            file = archive.extractfile(f"{_ARCHIVE_ROOT}/{member}")
            if file is None:
                raise InputFileError(f"{path}: {member} is not a file.")
            return file.read()
    except KeyError as error:
        raise InputFileError(f"{path}: {member} is missing.") from error
    except (OSError, EOFError, tarfile.TarError) as error:
        raise InputFileError(f"{path} is not a folder or archive: {error}.") from error
