"""CSV files of any size: find out the format, read row by row, write aside. No database."""

import codecs
import csv
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from charset_normalizer import from_bytes

from classifier.exceptions import InputFileError

DELIMITERS = ",;\t|"
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
# Pieces spread over the file: the first letter outside ASCII may be far from its beginning.
SAMPLE_BYTES = 64 * 1024
SAMPLE_PIECES = 8
SNIFFED_CHARACTERS = 8 * 1024
# Western text in UTF-16 is half NUL bytes, and any table in it has its digits and delimiters.
NUL_SHARE = 0.1
# No record is longer; what claims to be is a file without line ends or of another kind.
MAX_LINE_CHARACTERS = 1_000_000

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# Each byte that cannot be decoded becomes a lone surrogate, which no real text holds: the row
# can be told apart and shown, and the rows after it are read.
_MARK = "txcat.mark"
_MARK_START = 0xDC00
_SURROGATE = re.compile("[\ud800-\udfff]")


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(_MARK_START + byte) for byte in wrong), error.end


codecs.register_error(_MARK, _mark_bytes)


@dataclass(frozen=True, slots=True)
class CsvFormat:
    encoding: str
    delimiter: str

    def __str__(self) -> str:
        return f"{self.encoding}, {DELIMITER_NAMES.get(self.delimiter, repr(self.delimiter))}"


@dataclass(frozen=True, slots=True)
class Row:
    """A record. `line` is the file's line on which it starts, counted from 1."""

    line: int
    fields: list[str]
    raw: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that cannot be used, and why, in words. Bytes that could not be decoded are lone
    surrogates in `raw`."""

    line: int
    reason: str
    raw: str


def detect_format(
    path: Path, encoding: str | None = None, delimiter: str | None = None
) -> CsvFormat:
    """The format of a file, where it is not named. Raises InputFileError."""
    if encoding is not None:
        try:
            "a".encode(encoding)
        except (LookupError, UnicodeError) as error:
            raise InputFileError(f"“{encoding}” is no text encoding that is known.") from error
    if delimiter is not None and len(delimiter) != 1:
        raise InputFileError(f"A delimiter is one character, not “{delimiter}”.")
    try:
        pieces = _sample(path)
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}.") from error
    if not pieces[0]:
        raise InputFileError(f"{path} is empty.")
    encoding = encoding or _detect_encoding(pieces)
    if codecs.lookup(encoding).name == "utf-8" and pieces[0].startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    text = pieces[0].decode(encoding, errors=_MARK).lstrip("\ufeff")
    return CsvFormat(encoding, delimiter or _detect_delimiter(text))


class CsvFile:
    """A file read row by row, in memory bounded by its longest record.

    Use as a context manager. Raises InputFileError where there is no header, or where a name
    occurs in it twice.
    """

    def __init__(self, path: Path, format: CsvFormat) -> None:
        self.format = format
        self.size_bytes = path.stat().st_size
        self._binary = path.open("rb")
        # Line ends are the parser's affair: inside quotes they are text.
        self._lines = _Lines(
            io.TextIOWrapper(self._binary, format.encoding, errors=_MARK, newline="")
        )
        self._rows = self._records()
        header = next(self._rows, None)
        if not isinstance(header, Row):
            self._binary.close()
            reason = f" {header.reason}" if header else ""
            raise InputFileError(f"{path} has no header.{reason}")
        self.header = [name.strip().lstrip("\ufeff") for name in header.fields]

    def __enter__(self) -> "CsvFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._binary.close()

    @property
    def bytes_read(self) -> int:
        return self._binary.tell()

    def place(self, column: str) -> int:
        """The column's place. Raises InputFileError listing the columns there are."""
        count = self.header.count(column)
        if count == 1:
            return self.header.index(column)
        if count:
            raise InputFileError(f"The file has {count} columns named “{column}”.")
        raise InputFileError(
            f"The file has no column “{column}”. Its columns: {', '.join(self.header)}. "
            f"(Read as {self.format}.)"
        )

    def rows(self) -> Iterator[Row | BadRow]:
        """The rows after the header; blank lines are none."""
        width = len(self.header)
        for row in self._rows:
            if isinstance(row, Row) and len(row.fields) != width:
                reason = f"It has {len(row.fields)} columns, not {width}."
                yield BadRow(row.line, reason, row.raw)
            else:
                yield row

    def _records(self) -> Iterator[Row | BadRow]:
        reader = csv.reader(self._lines, delimiter=self.format.delimiter, strict=True)
        while True:
            self._lines.begin_record()
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is never closed swallows what follows it: one line is bad, the
                # others are read again.
                line, raw = self._lines.reject_first()
                yield BadRow(line, f"Its quotes or length are wrong: {error}.", raw)
                reader = csv.reader(self._lines, delimiter=self.format.delimiter, strict=True)
                continue
            if not fields:
                continue
            line, raw = self._lines.record()
            reason = self._problem(raw)
            yield BadRow(line, reason, raw) if reason else Row(line, fields, raw)

    def _problem(self, raw: str) -> str | None:
        if "\0" in raw:
            return "It holds a NUL character."
        if not raw.isascii() and _SURROGATE.search(raw):
            return f"It holds bytes that are not {self.format.encoding}."
        if len(raw) > MAX_LINE_CHARACTERS:
            return f"It is longer than {MAX_LINE_CHARACTERS:,} characters."
        return None


class _Lines:
    """Lines for the parser, numbered; those of the current record can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._pending: list[str] = []
        self._taken: list[str] = []
        self._first = 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._pending.pop() if self._pending else self._read()
        if not line:
            raise StopIteration
        self._taken.append(line)
        return line

    def begin_record(self) -> None:
        self._first += len(self._taken)
        self._taken = []

    def record(self) -> tuple[int, str]:
        return self._first, "".join(self._taken)

    def reject_first(self) -> tuple[int, str]:
        """The record's first line; the others will be read again."""
        self._pending.extend(reversed(self._taken[1:]))
        del self._taken[1:]
        return self.record()

    def _read(self) -> str:
        """One line; of one that is too long, the beginning, and the rest is passed over."""
        line = self._text.readline(MAX_LINE_CHARACTERS + 1)
        if len(line) <= MAX_LINE_CHARACTERS or line.endswith(("\n", "\r")):
            return line
        rest = line
        while rest and not rest.endswith(("\n", "\r")):
            rest = self._text.readline(MAX_LINE_CHARACTERS)
        return line + "\n"


@contextmanager
def write_aside(
    path: Path, *, is_kept: Callable[[], bool] = lambda: True, errors: str = "strict"
) -> Iterator[TextIO]:
    """A UTF-8 file that appears under `path` when it is whole, and not at all where the block
    raises or `is_kept` says no at the end."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", errors=errors, newline="") as file:
            yield file
        if is_kept():
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _sample(path: Path) -> list[bytes]:
    """Pieces of whole lines, from end to end; a small file as one."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= SAMPLE_PIECES * SAMPLE_BYTES:
            return [file.read()]
        pieces = [_whole_lines(file.read(SAMPLE_BYTES))]
        for index in range(1, SAMPLE_PIECES):
            file.seek((size - SAMPLE_BYTES) * index // (SAMPLE_PIECES - 1))
            pieces.append(_whole_lines(file.read(SAMPLE_BYTES).partition(b"\n")[2]))
    return pieces


def _whole_lines(piece: bytes) -> bytes:
    """Without the line that the piece's end has cut; all of it where it holds no line end."""
    return piece[: piece.rfind(b"\n") + 1] or piece


def _detect_encoding(pieces: list[bytes]) -> str:
    for mark, encoding in _BOMS.items():
        if pieces[0].startswith(mark):
            return encoding
    if pieces[0].count(0) > NUL_SHARE * len(pieces[0]):
        whole = pieces[0][:SAMPLE_BYTES]
        match = from_bytes(whole, cp_isolation=["utf_16_le", "utf_16_be"]).best()
        return "utf-16-be" if match and match.encoding == "utf_16_be" else "utf-16-le"
    if all(_is_utf8(piece) for piece in pieces):
        return "utf-8"
    lines = [line for piece in pieces for line in piece.splitlines() if not line.isascii()]
    if 2 * sum(map(_is_utf8, lines)) > len(lines):
        # A few rows are broken; the file is what most of it is.
        return "utf-8"
    matches = from_bytes(b"\n".join(lines)[:SAMPLE_BYTES])
    best = matches.best()
    # Short texts fit many of its relatives as well; a bank's export is rarely one of them.
    is_western = any("cp1252" in match.could_be_from_charset for match in matches)
    return str(best.encoding) if best and not is_western else "cp1252"


def _is_utf8(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def _detect_delimiter(text: str) -> str:
    """The sniffed one if it is in the header, else the header's most frequent candidate."""
    sample = text[:SNIFFED_CHARACTERS]
    header = sample.partition("\n")[0]
    try:
        sniffed = csv.Sniffer().sniff(sample, DELIMITERS).delimiter
    except csv.Error:
        sniffed = ""
    return sniffed if sniffed and sniffed in header else max(DELIMITERS, key=header.count)
