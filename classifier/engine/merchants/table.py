"""Merchants and tags as files.

Merchants are a CSV in UTF-8, gzipped where the name ends in .gz, with the columns of
`MERCHANT_COLUMNS`: countries are joined by a space, aliases and other tags by "|".
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from classifier.engine.merchants.types import Merchant, Tag
from classifier.exceptions import InputFileError

MERCHANT_COLUMNS = ("key", "name", "tag", "countries", "wikidata_id", "aliases", "other_tags")
TAG_COLUMNS = ("tag", "words", "category")
SEPARATOR = "|"

_TAG = re.compile(r"[a-z_]+=[^\s=;|]+(?:;[a-z_]+=[^\s=;|]+)?")
_COUNTRIES = re.compile(r"(?:[a-z]{2}(?: [a-z]{2})*)?")
_WIKIDATA_ID = re.compile(r"(?:Q[1-9][0-9]*)?")


def read_merchants(path: Path) -> list[Merchant]:
    """The merchants of a table, in its order.

    Raises InputFileError, with line and column, where the file is not such a table.
    """
    merchants: list[Merchant] = []
    lines: dict[str, int] = {}
    tags = {""}
    for line, row in _rows(path, MERCHANT_COLUMNS):
        key, name, tag, countries, wikidata_id, aliases, other_tags = row
        kinds = tuple(other_tags.split(SEPARATOR)) if other_tags else ()
        if tag not in tags or not tags.issuperset(kinds):
            _check(path, line, "tag", tag, _TAG)
            for kind in kinds:
                _check(path, line, "other_tags", kind, _TAG)
            tags.update((tag, *kinds))
        if not tag:
            raise _refusal(path, line, "tag", "is empty")
        if not key:
            raise _refusal(path, line, "key", "is empty")
        if lines.setdefault(key, line) != line:
            raise _refusal(path, line, "key", f"{key!r} is that of line {lines[key]} too")
        if not name.strip():
            raise _refusal(path, line, "name", "is empty")
        _check(path, line, "countries", countries, _COUNTRIES)
        _check(path, line, "wikidata_id", wikidata_id, _WIKIDATA_ID)
        merchants.append(
            Merchant(
                key=key,
                name=name,
                tag=tag,
                aliases=tuple(aliases.split(SEPARATOR)) if aliases else (),
                countries=tuple(countries.split()),
                wikidata_id=wikidata_id,
                other_tags=kinds,
            )
        )
    return merchants


def read_tags(path: Path) -> list[Tag]:
    """The tags of a CSV with the columns of `TAG_COLUMNS`, in its order.

    Raises InputFileError, with line and column, where the file is not such a table.
    """
    tags: dict[str, Tag] = {}
    for line, (tag, words, category) in _rows(path, TAG_COLUMNS):
        _check(path, line, "tag", tag, _TAG)
        if tag in tags:
            raise _refusal(path, line, "tag", f"{tag!r} was there before")
        if not words.strip():
            raise _refusal(path, line, "words", "is empty")
        tags[tag] = Tag(tag, words, category)
    return list(tags.values())


def write_merchants(path: Path, merchants: Iterable[Merchant]) -> None:
    """Write merchants as a table, in the order given. The same merchants give the same bytes.

    `Merchant.category` is not written: what an analyst says is kept elsewhere.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MERCHANT_COLUMNS)
    for merchant in merchants:
        writer.writerow(
            (
                merchant.key,
                merchant.name,
                merchant.tag,
                " ".join(merchant.countries),
                merchant.wikidata_id,
                SEPARATOR.join(merchant.aliases),
                SEPARATOR.join(merchant.other_tags),
            )
        )
    content = text.getvalue().encode()
    path.write_bytes(_gzipped(content) if _is_gzipped(path) else content)


def _gzipped(content: bytes) -> bytes:
    """Gzip without the time and the file's name."""
    return gzip.compress(content, compresslevel=9, mtime=0)


def _is_gzipped(path: Path) -> bool:
    return path.suffix == ".gz"


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Each row below the header, with the number of the line that it ends on."""
    reader = csv.reader(io.StringIO(_content(path), newline=""), strict=True)
    try:
        header = next(reader, [])
        if tuple(header) != columns:
            raise InputFileError(
                f"{path}, line 1: expected the columns {', '.join(columns)}; "
                f"found {', '.join(header) or 'none'}."
            )
        for row in reader:
            if len(row) != len(columns):
                raise InputFileError(
                    f"{path}, line {reader.line_num}: expected {len(columns)} columns, "
                    f"found {len(row)}."
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise InputFileError(f"{path}, line {reader.line_num}: {error}.") from error


def _content(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if _is_gzipped(path) else raw).decode()
    except (OSError, EOFError, zlib.error) as error:
        raise InputFileError(f"{path} cannot be read: {error}.") from error
    except UnicodeDecodeError as error:
        raise InputFileError(f"{path} is not UTF-8: {error}.") from error


def _check(path: Path, line: int, column: str, value: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(value):
        raise _refusal(path, line, column, f"cannot be {value!r}")


def _refusal(path: Path, line: int, column: str, complaint: str) -> InputFileError:
    return InputFileError(f"{path}, line {line}: column {column} {complaint}.")
