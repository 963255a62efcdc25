"""Files of tables, and what comes of them."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from openpyxl import Workbook

from classifier.models import Category
from classifier.tables.planning import Outcome, apply, preview
from classifier.tables.reading import TableFile

Write = Callable[..., Path]
Try = Callable[..., Outcome]


def csv_of(*rows: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def xlsx_of(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture(params=[csv_of, xlsx_of], ids=["csv", "xlsx"])
def as_file(request: pytest.FixtureRequest) -> Callable[..., bytes]:
    """A function from rows to a file's content, in each of the formats."""
    made: Callable[..., bytes] = request.param
    return made


@pytest.fixture
def look(tmp_path: Path) -> Try:
    """A function from a table and rows to what importing them would do."""

    def look(table: str, *rows: Sequence[object]) -> Outcome:
        return preview(table, _file(tmp_path, csv_of(*rows)))

    return look


@pytest.fixture
def take(tmp_path: Path) -> Try:
    """A function from a table and rows to what importing them did."""

    def take(
        table: str,
        *rows: Sequence[object],
        by: Any = None,
        reason: str = "test",
        before_writing: Callable[[], object] = lambda: None,
    ) -> Outcome:
        def report(share: float, text: str) -> None:
            if text == "writing":
                before_writing()

        return apply(table, _file(tmp_path, csv_of(*rows)), by=by, reason=reason, report=report)

    return take


def _file(folder: Path, content: bytes) -> TableFile:
    path = folder / "table"
    path.write_bytes(content)
    return TableFile(path)


@pytest.fixture
def coffee(db: None) -> Category:
    return Category.objects.get(slug="coffee-shops")


def errors_of(outcome: Outcome) -> list[tuple[int, str, str]]:
    assert len(outcome.errors) == outcome.error_count
    return [(error.row, error.column, error.message) for error in outcome.errors]


@pytest.fixture(autouse=True)
def _no_uploads_are_left() -> Iterator[None]:
    yield
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []
