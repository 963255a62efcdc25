"""Stage one: from rows to distinct texts, in parts that any worker can decide."""

import json
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import IO

from classifier.bulk.files import JobFiles
from classifier.bulk.options import MAX_ROWS
from classifier.bulk.rows import RefusedRowError, Rows
from classifier.engine.descriptors import normalize
from classifier.engine.types import Direction, Transaction
from classifier.exceptions import InputFileError
from classifier.progress import Progress

PART_SIZE = 2048
# Rows as they were sent, whose canonical text is at hand. A bank's file repeats itself.
MEMO_SIZE = 100_000
REPORT_ROWS = 4096
# An index of no text: the row has an error.
NO_INDEX = -1
# Reasons that are counted apart; they can name what a caller wrote, so there is no end of them.
MAX_REASONS = 1000

SPLIT_FILE = "split.json"
INDEX_FILE = "index"
ERRORS_FILE = "errors"

# A part: its distinct texts with which way money moves and where the payer is at home, "" where
# that is not known.
Keys = list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Split:
    """What a file was found to hold. `reasons` counts its errors."""

    rows: int
    texts: int
    reasons: dict[str, int]

    @property
    def parts(self) -> int:
        return -(-self.texts // PART_SIZE)

    @property
    def errors(self) -> int:
        return sum(self.reasons.values())


def keys_file(number: int) -> str:
    return f"parts/{number:05}.keys"


def read_keys(files: JobFiles, number: int) -> Keys:
    return [(text, flow, country) for text, flow, country in files.read_json(keys_file(number))]


def find_split(files: JobFiles) -> Split | None:
    """The split, where it was finished."""
    return Split(**files.read_json(SPLIT_FILE)) if files.has(SPLIT_FILE) else None


def read_index(files: JobFiles) -> "array[int]":
    """By row, the index of its text among the distinct ones, or NO_INDEX."""
    index = array("i")
    with files.open(INDEX_FILE) as file:
        index.frombytes(file.read())
    return index


def split_rows(
    rows: Rows, files: JobFiles, add_part: Callable[[int, Keys], None], report: Progress
) -> Split:
    """Write the index and the errors of a file, and hand each part on as soon as it is full.

    The same file gives the same parts, so that a split which was interrupted is done again from
    the start. Raises InputFileError where the file has more than MAX_ROWS rows.
    """
    index = array("i")
    texts = _Texts(add_part)
    reasons: Counter[str] = Counter()
    with files.writing(ERRORS_FILE) as errors:
        for row in rows:
            if len(index) == MAX_ROWS:
                raise InputFileError(f"The file has more than {MAX_ROWS:,} rows.")
            try:
                index.append(texts.index_of(rows.read(row)))
            except RefusedRowError as problem:
                index.append(NO_INDEX)
                _write_problem(errors, problem)
                reasons[_reason(problem, reasons)] += 1
            if len(index) % REPORT_ROWS == 0:
                report(rows.bytes_read / rows.size_bytes, f"splitting: {len(index):,} rows")
    texts.flush()
    with files.writing(INDEX_FILE) as file:
        file.write(index)
    split = Split(len(index), texts.count, dict(reasons.most_common()))
    # Last: where it is there, everything is.
    files.write_json(SPLIT_FILE, asdict(split))
    return split


class _Texts:
    """Distinct triples of canonical text, direction and country, numbered in the file's order.

    One is known by 16 bytes of its digest: a million of them must fit beside the engine.
    """

    def __init__(self, add_part: Callable[[int, Keys], None]) -> None:
        self._add_part = add_part
        self._indexes: dict[bytes, int] = {}
        self._memo: dict[tuple[str, Direction | None, str], int] = {}
        self._part: Keys = []

    @property
    def count(self) -> int:
        return len(self._indexes)

    def index_of(self, transaction: Transaction) -> int:
        flow = transaction.flow
        asked = (transaction.description, flow, transaction.country)
        found = self._memo.get(asked)
        if found is None:
            text = normalize(transaction.description)
            found = self._find(text, flow.value if flow else "", transaction.country)
            if len(self._memo) >= MEMO_SIZE:
                self._memo.clear()
            self._memo[asked] = found
        return found

    def flush(self) -> None:
        if self._part:
            self._add_part((self.count - 1) // PART_SIZE, self._part)
            self._part = []

    def _find(self, text: str, flow: str, country: str) -> int:
        digest = blake2b(f"{flow}\n{country}\n{text}".encode(), digest_size=16).digest()
        found = self._indexes.get(digest)
        if found is None:
            found = self._indexes[digest] = self.count
            self._part.append((text, flow, country))
            if len(self._part) == PART_SIZE:
                self.flush()
        return found


def _reason(problem: RefusedRowError, known: Counter[str]) -> str:
    reason = f"{problem.attr}: {problem.reason}" if problem.attr else problem.reason
    return reason if reason in known or len(known) < MAX_REASONS else "other reasons"


def _write_problem(errors: IO[bytes], problem: RefusedRowError) -> None:
    line = {
        "code": problem.code,
        "detail": problem.detail,
        "attr": problem.attr,
        "transaction_id": problem.transaction_id,
    }
    errors.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
