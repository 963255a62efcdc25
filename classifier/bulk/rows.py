"""The rows of a file, one by one, in memory bounded by the longest."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from rest_framework.exceptions import ParseError, ValidationError

from classifier.bulk.options import FileOptions, Format
from classifier.engine.types import Transaction
from classifier.errors import errors_in
from classifier.exceptions import InputFileError
from classifier.parsers import read_json
from classifier.refusals import printable
from classifier.serializers.plain import read_plain
from classifier.serializers.requests import MAX_ID, read_transaction
from classifier.services.csv_files import BadRow, CsvFile, Row
from classifier.services.file_classification import RowError, RowReader

MAX_LINE_BYTES = 1_000_000
MAX_DETAIL = 500


class RefusedRowError(Exception):
    """Why a row has no answer. `attr` is the field or column, None where it is the whole row;
    `where` is the row's place in a CSV file, whose rows and lines differ."""

    def __init__(
        self,
        code: str,
        reason: str,
        attr: str | None = None,
        *,
        transaction_id: str | None = None,
        where: str = "",
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.attr = attr
        self.transaction_id = transaction_id
        self.where = where

    @property
    def detail(self) -> str:
        return self.where + self.reason


class Rows(Protocol):
    """A file opened for reading; a context manager. Blank lines are no rows.

    `header` names the `cells` with which a row begins in a CSV of results.
    """

    header: list[str]
    size_bytes: int

    @property
    def bytes_read(self) -> int: ...

    def __enter__(self) -> "Rows": ...

    def __exit__(self, *error: object) -> None: ...

    def __iter__(self) -> Iterator[Any]:
        """Rows as they stand; what one is only the other methods know."""

    def read(self, row: Any) -> Transaction:
        """Raises RefusedRowError."""

    def transaction_id(self, row: Any) -> str | None:
        """The caller's id of a row that `read` takes."""

    def cells(self, row: Any, number: int, transaction_id: str | None) -> list[str]: ...


def open_rows(path: Path, options: FileOptions) -> Rows:
    """Raises InputFileError where a CSV file lacks its columns."""
    return CsvRows(path, options) if options.format is Format.CSV else JsonRows(path)


class JsonRows:
    """A JSON object a line, each in the shape of a transaction of `POST classify`."""

    header = ["row", "transaction_id"]

    def __init__(self, path: Path) -> None:
        self.size_bytes = path.stat().st_size
        self._file: IO[bytes] = path.open("rb")

    def __enter__(self) -> "JsonRows":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    @property
    def bytes_read(self) -> int:
        return self._file.tell()

    def __iter__(self) -> Iterator[bytes]:
        is_first = True
        while line := self._file.readline(MAX_LINE_BYTES + 1):
            rest = line
            while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
                rest = self._file.readline(MAX_LINE_BYTES + 1)
            if is_first:
                line = line.removeprefix(codecs.BOM_UTF8)
                is_first = False
            if not line.isspace() and line:
                yield line

    def read(self, row: bytes) -> Transaction:
        if len(row) > MAX_LINE_BYTES:
            raise RefusedRowError(
                "max_length", f"The line is longer than {MAX_LINE_BYTES:,} bytes."
            )
        item = _parse(row)
        plain = read_plain(item)
        if plain is not None:
            return plain
        try:
            return read_transaction(item).for_engine()
        except ValidationError as error:
            first = next(errors_in(error.detail))
            raise RefusedRowError(
                first.code, first.detail, first.attr, transaction_id=_readable_id(item)
            ) from error

    def transaction_id(self, row: bytes) -> str | None:
        found: str | None = _parse(row).get("transaction_id")
        return found.strip() if found else None

    def cells(self, row: bytes, number: int, transaction_id: str | None) -> list[str]:
        return [str(number), transaction_id or ""]


class CsvRows:
    """The rows of a CSV file. One that cannot be read as its columns has empty cells."""

    def __init__(self, path: Path, options: FileOptions) -> None:
        if options.csv is None or options.columns is None:
            raise ValueError("A CSV file needs its format and columns.")
        self._file = CsvFile(path, options.csv)
        try:
            self._reader = RowReader(self._file, options.columns)
        except InputFileError:
            self._file.__exit__()
            raise
        self.header = self._file.header
        self.size_bytes = self._file.size_bytes

    def __enter__(self) -> "CsvRows":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)

    @property
    def bytes_read(self) -> int:
        return self._file.bytes_read

    def __iter__(self) -> Iterator[Row | BadRow]:
        return self._file.rows()

    def read(self, row: Row | BadRow) -> Transaction:
        if isinstance(row, BadRow):
            raise RefusedRowError("invalid", row.reason, where=f"Line {row.line}: ")
        try:
            return self._reader.read(row.fields).for_engine()
        except RowError as error:
            where = f"Line {row.line}: "
            raise RefusedRowError("invalid", str(error), error.column, where=where) from error

    def transaction_id(self, row: Row | BadRow) -> str | None:
        return None

    def cells(self, row: Row | BadRow, number: int, transaction_id: str | None) -> list[str]:
        return row.fields if isinstance(row, Row) else [""] * len(self.header)


def _parse(line: bytes) -> Any:
    try:
        return read_json(line.decode(), "line")
    except UnicodeDecodeError as error:
        detail = f"The line is not UTF-8: byte {error.start} is wrong."
        raise RefusedRowError("parse_error", detail) from error
    except ParseError as error:
        raise RefusedRowError("parse_error", printable(str(error.detail), MAX_DETAIL)) from error


def _readable_id(item: Any) -> str | None:
    """The row's id, where it is one, whatever else may be wrong with the row."""
    found = item.get("transaction_id") if isinstance(item, dict) else None
    if not isinstance(found, str) or not found.isprintable():
        return None
    return found.strip() if 0 < len(found.strip()) <= MAX_ID else None
