"""The rows of a CSV or XLSX file, as texts, whoever made it."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from classifier.exceptions import InputFileError
from classifier.services.csv_files import BadRow, CsvFile, detect_format
from classifier.tables.cells import text_of, unescape

MAX_ROWS = 100_000
MAX_COLUMNS = 100
# A workbook is a ZIP archive, and its parts are read into memory: a small one can be huge.
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
MAX_PARTS = 1_000

_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_NOT_XLSX = "It is no XLSX workbook that can be read; save it again as XLSX or as CSV."
# openpyxl checks little of what it is given: a spoiled part surfaces as any of these.
_SPOILED = (
    AttributeError, BadZipFile, EOFError, IndexError, KeyError, NotImplementedError, ParseError,
    RuntimeError, TypeError, ValueError, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of cells, as many as the header has. `number` is the file's line or row, from 1."""

    number: int
    cells: list[str]


@dataclass
class Rows:
    """The rows of a file as django-import-export reads them, and its number of each."""

    headers: list[str]
    cells: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    report: Callable[[int], None] = lambda count: None

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[list[str]]:
        for count, cells in enumerate(self.cells):
            self.report(count)
            yield cells

    def column(self, name: str) -> list[str]:
        """The cells under a name, stripped; empty ones where there is no such column."""
        if name not in self.headers:
            return [""] * len(self)
        place = self.headers.index(name)
        return [cells[place].strip() for cells in self.cells]

    def put_first(self, is_first: list[bool]) -> None:
        """Have some rows read before the others."""
        order = sorted(range(len(self)), key=lambda place: not is_first[place])
        self.cells = [self.cells[place] for place in order]
        self.lines = [self.lines[place] for place in order]


class TableFile:
    """A file with a header; its rows are read on the way.

    `name` is what its sender calls it; `unpacked_bytes` the size of what has to be read. Raises
    InputFileError where it is empty, too large or of another kind; `header` and `rows` do where
    it cannot be read, or where its header names a column twice or not at all.
    """

    def __init__(self, path: Path, name: str = "") -> None:
        self._path = path
        with path.open("rb") as file:
            start = file.read(8)
        if not start:
            raise InputFileError("The file is empty.")
        if start == _OLE:
            raise InputFileError(
                "It is a workbook of the old kind (.xls), or one with a password; save it as XLSX "
                "without a password, or as CSV."
            )
        self.is_workbook = start.startswith(_ZIP)
        if not self.is_workbook and name.lower().endswith(".xlsx"):
            raise InputFileError(_NOT_XLSX)
        self.unpacked_bytes = self._unpacked() if self.is_workbook else path.stat().st_size

    @cached_property
    def header(self) -> list[str]:
        """The names of the columns, in lower case; of a workbook, its texts are read for it."""
        if self.is_workbook:
            _, values = next(self._sheet(), (1, []))
            header = [text_of(value).strip().lower() for value in values]
            while header and not header[-1]:
                header.pop()
        else:
            with self._csv() as file:
                header = [name.lower() for name in file.header]
        if not any(header):
            raise InputFileError("The file has no header: its first row must name the columns.")
        for place, name in enumerate(header, 1):
            if not name:
                raise InputFileError(f"Column {place} of the header has no name.")
            if header.count(name) > 1:
                raise InputFileError(f"The header names the column “{name}” more than once.")
        return header

    def rows(self) -> Iterator[TableRow | BadRow]:
        """The rows below the header that hold anything. Raises InputFileError past MAX_ROWS, and
        where a workbook is spoiled further down."""
        found = self._workbook_rows() if self.is_workbook else self._csv_rows()
        for count, row in enumerate(found):
            if count == MAX_ROWS:
                raise InputFileError(f"The file has more than {MAX_ROWS:,} rows.")
            yield row

    def _csv(self) -> CsvFile:
        try:
            return CsvFile(self._path, detect_format(self._path))
        except InputFileError as error:
            # Where it lies on this machine is nobody's affair.
            raise InputFileError(str(error).replace(str(self._path), "The file")) from error

    def _csv_rows(self) -> Iterator[TableRow | BadRow]:
        with self._csv() as file:
            for row in file.rows():
                if isinstance(row, BadRow):
                    yield row
                elif any(row.fields):
                    yield TableRow(row.line, [unescape(cell) for cell in row.fields])

    def _workbook_rows(self) -> Iterator[TableRow | BadRow]:
        width = len(self.header)
        for number, values in self._sheet():
            cells = [text_of(value) for value in values]
            if number == 1 or not any(cells):
                continue
            if any(cells[width:]):
                yield BadRow(number, f"It has more cells than the {width} of the header.", "")
            elif any("\0" in cell for cell in cells):
                yield BadRow(number, "It holds a NUL character.", "")
            else:
                cells += [""] * (width - len(cells))
                yield TableRow(number, [unescape(cell) for cell in cells[:width]])

    def _sheet(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """The rows of the first sheet with their numbers; of a formula, what it came to."""
        # It takes a tenth of a second to import, and a web process rarely needs it.
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException

        try:
            with (
                self._path.open("rb") as file,
                closing(load_workbook(file, read_only=True, data_only=True)) as book,
            ):
                if not book.worksheets:
                    raise InputFileError("The workbook has no sheet with cells.")
                sheet = book.worksheets[0]
                # What a sheet says of its own size may be wrong.
                sheet.reset_dimensions()
                values = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)
                yield from enumerate(values, 1)
        except (InvalidFileException, *_SPOILED) as error:
            raise InputFileError(_NOT_XLSX) from error

    def _unpacked(self) -> int:
        try:
            with ZipFile(self._path) as archive:
                parts = archive.infolist()
        except _SPOILED as error:
            raise InputFileError(_NOT_XLSX) from error
        size = sum(part.file_size for part in parts)
        if size > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
            raise InputFileError(
                f"The workbook is too large unpacked: {size // 1024 // 1024:,} MB in "
                f"{len(parts):,} parts, at most {MAX_UNPACKED_BYTES // 1024 // 1024} MB in "
                f"{MAX_PARTS:,} can be read. Split it, or save it as CSV."
            )
        return size
