"""The formats that tables are exported in. Formulae are escaped by the resources."""

from io import BytesIO
from typing import Any

from import_export.formats import base_formats


class CsvFormat(base_formats.CSV):  # type: ignore[misc]
    """With a mark at its start, by which spreadsheets know it for UTF-8."""

    def get_title(self) -> str:
        return "CSV"

    def export_data(self, dataset: Any, **kwargs: Any) -> str:
        return f"\ufeff{dataset.export('csv')}"


class XlsxFormat(base_formats.XLSX):  # type: ignore[misc]
    """Written row by row: tablib's own holds an object for each cell, at five times the memory."""

    def get_title(self) -> str:
        return "XLSX"

    def export_data(self, dataset: Any, **kwargs: Any) -> bytes:
        from openpyxl import Workbook
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        book = Workbook(write_only=True)
        sheet = book.create_sheet(dataset.title or "Rows")
        sheet.freeze_panes = "A2"
        sheet.append(dataset.headers)
        for row in dataset:
            sheet.append(
                [
                    ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", cell)
                    if isinstance(cell, str)
                    else cell
                    for cell in row
                ]
            )
        file = BytesIO()
        book.save(file)
        return file.getvalue()
