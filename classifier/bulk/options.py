"""What is to be done with a file."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from classifier.services.csv_files import CsvFormat
from classifier.services.file_classification import Columns

MAX_ROWS = 1_000_000


class Format(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


MEDIA_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.NDJSON: "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How a file is read and answered. The columns, `csv` and `prefix` are a CSV file's;
    `results` is the format of the answers."""

    format: Format
    results: Format
    columns: Columns | None = None
    csv: CsvFormat | None = None
    prefix: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "FileOptions":
        return cls(
            format=Format(value["format"]),
            results=Format(value["results"]),
            columns=Columns(**value["columns"]) if value["columns"] else None,
            csv=CsvFormat(**value["csv"]) if value["csv"] else None,
            prefix=value["prefix"],
        )
