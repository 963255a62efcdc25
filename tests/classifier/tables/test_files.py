"""Files of every kind that people send."""

import io
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from openpyxl import load_workbook

from classifier.exceptions import InputFileError
from classifier.services.csv_files import BadRow
from classifier.tables import reading
from classifier.tables.reading import TableFile, TableRow
from tests.classifier.tables.conftest import csv_of, xlsx_of

ROWS = (("category", "text"), ("coffee-shops", "ZORBLAX"), ("groceries", "QUIBBLEMART"))


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[TableRow | BadRow]]:
    """A function from a file's content and name to its rows."""

    def read(content: bytes, name: str = "") -> list[TableRow | BadRow]:
        path = tmp_path / "input"
        path.write_bytes(content)
        return list(TableFile(path, name).rows())

    return read


Read = Callable[..., list[TableRow | BadRow]]


def test_both_formats_give_the_same_rows_with_the_files_own_numbers(
    read: Read, as_file: Callable[..., bytes]
) -> None:
    content = as_file(*ROWS[:2], ("", ""), ROWS[2])
    assert read(content) == [TableRow(2, list(ROWS[1])), TableRow(4, list(ROWS[2]))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_may_have_any_usual_encoding_and_delimiter(
    read: Read, encoding: str, delimiter: str
) -> None:
    text = delimiter.join(["category", "text"]) + "\n" + delimiter.join(["cafés", "CAFÉ NOÉL"])
    assert read(text.encode(encoding)) == [TableRow(2, ["cafés", "CAFÉ NOÉL"])]


def test_values_of_a_workbook_become_what_a_csv_file_would_say(read: Read) -> None:
    rows = read(xlsx_of(("a", "b", "c", "d"), (5814, 2.0, True, None), (2.5, "x", False, "'=1")))
    assert rows == [
        TableRow(2, ["5814", "2", "true", ""]),
        TableRow(3, ["2.5", "x", "false", "=1"]),
    ]


def test_a_row_with_more_cells_than_the_header_is_told(
    read: Read, as_file: Callable[..., bytes]
) -> None:
    (row,) = read(as_file(("a", "b"), ("1", "2", "3")))
    assert isinstance(row, BadRow)
    assert row.line == 2


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "x.csv", "The file is empty"),
        (b"\n\n", "x.csv", "no header"),
        (b"a,b\n", "x.xlsx", "no XLSX workbook"),
        (b"PK\x03\x04 and no more", "x.xlsx", "no XLSX workbook"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "x.xls", "workbook of the old kind"),
        (xlsx_of(), "x.xlsx", "no header"),
        (xlsx_of(*ROWS)[:-200], "x.xlsx", "no XLSX workbook"),
    ],
)
def test_what_is_no_table_is_told_in_words(
    read: Read, content: bytes, name: str, problem: str
) -> None:
    with pytest.raises(InputFileError, match=problem):
        read(content, name)


def repacked(content: bytes, **parts: bytes) -> bytes:
    """A workbook with other parts, by the beginning of their names."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            key = Path(name).stem
            target.writestr(name, parts.get(key, source.read(name)))
    return file.getvalue()


@pytest.mark.parametrize("part", ["sheet1", "workbook", "styles"])
@pytest.mark.parametrize("content", [b"", b"<a", b"<a/>", b"\xff\xfe\x00"])
def test_a_workbook_with_a_spoiled_part_is_refused_or_read(
    read: Read, part: str, content: bytes
) -> None:
    spoiled = repacked(xlsx_of(*ROWS), **{part: content})
    with warnings.catch_warnings(), suppress(InputFileError):
        # openpyxl warns of what it does without.
        warnings.simplefilter("ignore", UserWarning)
        assert len(read(spoiled)) <= 2


def test_a_small_workbook_that_is_huge_unpacked_is_refused_unread(
    read: Read,
) -> None:
    bomb = repacked(xlsx_of(*ROWS), sheet1=bytes(reading.MAX_UNPACKED_BYTES))
    assert len(bomb) < 1_000_000
    with pytest.raises(InputFileError, match="too large unpacked: 64 MB"):
        read(bomb)


def test_a_file_with_too_many_rows_is_refused(
    read: Read, as_file: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 1)
    with pytest.raises(InputFileError, match="more than 1 rows"):
        read(as_file(*ROWS))


def test_a_zip_archive_that_is_no_workbook_is_refused(read: Read) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InputFileError, match="no XLSX workbook"):
        read(file.getvalue())


def test_the_tests_own_workbooks_are_workbooks() -> None:
    sheet = load_workbook(io.BytesIO(xlsx_of(*ROWS))).active
    assert sheet["B2"].value == "ZORBLAX"
    assert csv_of(*ROWS).splitlines()[1] == b"coffee-shops,ZORBLAX"
