"""Stage three: every row with its answer or its error, in the file's order."""

import csv
import io
import json
import os
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from classifier.bulk.decide import answers_file
from classifier.bulk.files import JobFiles
from classifier.bulk.options import FileOptions, Format
from classifier.bulk.rows import Rows
from classifier.bulk.split import ERRORS_FILE, NO_INDEX, REPORT_ROWS, Split, read_index
from classifier.exceptions import StorageError
from classifier.progress import Progress
from classifier.services.file_classification import ANSWER_COLUMNS

RESULTS_FILE = "results"
ERROR_COLUMN = "error"


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows with a category, and rows without one that a person should look at."""

    answered: int
    for_review: int


class Writer(Protocol):
    """How results are written. An answer is what `PartDecider` rendered."""

    def is_answered(self, answer: bytes) -> bool:
        """Whether it names a category."""

    def write_answer(self, number: int, row: Any, answer: bytes) -> None: ...

    def write_error(self, number: int, row: Any, error: dict[str, Any]) -> None: ...

    def close(self) -> None: ...


def join_rows(
    rows: Rows,
    files: JobFiles,
    split: Split,
    options: FileOptions,
    scratch: Path,
    report: Progress,
) -> Joined:
    """Write the results, a row for each row of the file. Raises StorageError where the file is
    not the one that was split."""
    index = read_index(files)
    answered = errors_met = number = 0
    with (
        files.writing(RESULTS_FILE) as file,
        files.open(ERRORS_FILE) as errors,
        _all_answers(files, split.parts, scratch) as answers,
    ):
        writer: Writer = (
            CsvWriter(file, rows, options)
            if options.results is Format.CSV
            else JsonWriter(file, rows)
        )
        if len(index) != split.rows or answers.count != split.texts:
            raise StorageError("The job's files do not belong together.")
        for number, row in enumerate(rows, start=1):
            if number > len(index):
                break
            place = index[number - 1]
            if place == NO_INDEX:
                writer.write_error(number, row, json.loads(errors.readline()))
                errors_met += 1
            else:
                found = answers.read(place)
                answered += writer.is_answered(found)
                writer.write_answer(number, row, found)
            if number % REPORT_ROWS == 0:
                report(number / split.rows, f"joining: {number:,} of {split.rows:,} rows")
        if number != split.rows or errors_met != split.errors:
            raise StorageError("The file that was sent is not the one that was split.")
        writer.close()
    return Joined(answered, split.rows - split.errors - answered)


class JsonWriter:
    """A JSON object a line: `row`, `transaction_id`, and the answer of `POST classify` or
    `error`."""

    def __init__(self, file: IO[bytes], rows: Rows) -> None:
        self._file = file
        self._rows = rows

    def is_answered(self, answer: bytes) -> bool:
        return not answer.startswith(b'{"category":null')

    def write_answer(self, number: int, row: Any, answer: bytes) -> None:
        self._write(number, self._rows.transaction_id(row), answer[1:-1])

    def write_error(self, number: int, row: Any, error: dict[str, Any]) -> None:
        transaction_id = error.pop("transaction_id")
        self._write(number, transaction_id, b'"error":%b' % _compact(error))

    def close(self) -> None:
        """Nothing is held back."""

    def _write(self, number: int, transaction_id: str | None, members: bytes) -> None:
        known = b"null" if transaction_id is None else _compact(transaction_id)
        self._file.write(b'{"row":%d,"transaction_id":%b,%b}\n' % (number, known, members))


class CsvWriter:
    """The file's own columns, or `row` and `transaction_id`, then the answer's and `error`."""

    def __init__(self, file: IO[bytes], rows: Rows, options: FileOptions) -> None:
        self._rows = rows
        self._text = io.TextIOWrapper(file, "utf-8", newline="")
        delimiter = options.csv.delimiter if options.csv else ","
        self._writer = csv.writer(self._text, delimiter=delimiter)
        self._writer.writerow([*rows.header, *result_columns(options.prefix)])

    def is_answered(self, answer: bytes) -> bool:
        return not answer.startswith(b'[""')

    def write_answer(self, number: int, row: Any, answer: bytes) -> None:
        cells = self._rows.cells(row, number, self._rows.transaction_id(row))
        self._writer.writerow([*cells, *json.loads(answer), ""])

    def write_error(self, number: int, row: Any, error: dict[str, Any]) -> None:
        cells = self._rows.cells(row, number, error["transaction_id"])
        said = f"{error['attr']}: {error['detail']}" if error["attr"] else error["detail"]
        self._writer.writerow([*cells, *[""] * len(ANSWER_COLUMNS), said])

    def close(self) -> None:
        self._text.flush()
        # The file is its owner's to close.
        self._text.detach()


def result_columns(prefix: str) -> list[str]:
    return [prefix + name for name in (*ANSWER_COLUMNS, ERROR_COLUMN)]


class Answers:
    """The answers of all parts in one file, read at any place without holding them."""

    def __init__(self, descriptor: int, starts: "array[int]") -> None:
        self._descriptor = descriptor
        self._starts = starts
        self.count = len(starts) - 1

    def read(self, place: int) -> bytes:
        start, end = self._starts[place], self._starts[place + 1]
        return os.pread(self._descriptor, end - start - 1, start)


@contextmanager
def _all_answers(files: JobFiles, parts: int, folder: Path) -> Iterator[Answers]:
    folder.mkdir(parents=True, exist_ok=True)
    starts = array("Q", [0])
    with (folder / "answers").open("w+b") as whole:
        for number in range(parts):
            with files.open(answers_file(number)) as part:
                for line in part.read().splitlines(keepends=True):
                    whole.write(line)
                    starts.append(starts[-1] + len(line))
        whole.flush()
        yield Answers(whole.fileno(), starts)


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
