"""Classify the rows of a CSV file, recording nothing."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TextIO

from classifier.engine.merchants import MerchantMatch
from classifier.engine.types import Decision, Direction
from classifier.exceptions import InputFileError
from classifier.models.choices import AnnotatorChoices
from classifier.models.example import MAX_DESCRIPTION
from classifier.services.csv_files import BadRow, CsvFile, Row
from classifier.services.predictions import TransactionRequest, decide

ANSWER_COLUMNS = (
    "category",
    "category_name",
    "primary",
    "primary_confidence",
    "confidence",
    "level",
    "score",
    "margin",
    "review",
    "reason",
    "annotator",
    "merchant",
    "merchant_id",
    "merchant_confidence",
    "model_version",
)
REJECT_COLUMNS = ("line", "reason", "row")

_DIRECTION_WORDS = {
    "": "",
    **dict.fromkeys(("expense", "out", "debit", "dr", "d"), Direction.EXPENSE.value),
    **dict.fromkeys(("income", "in", "credit", "cr", "c"), Direction.INCOME.value),
}
_WHOLE = r"(?:\d+|\d{1,3}(?:[,.' ]\d{3})+)"
_AMOUNT = re.compile(rf"(?P<whole>{_WHOLE})?(?:[.,](?P<cents>\d{{1,2}}|\d{{4,}}))?")
# As nearly all are printed; told at once, a million of them cost five seconds less.
_PLAIN_AMOUNT = re.compile(r"-?[0-9]+\.[0-9]{1,2}")
_POINT_AMOUNT = re.compile(r"(?P<whole>\d*)\.(?P<cents>\d+)")
_CURRENCY = re.compile(r"[$£€¥₹]|\b[A-Z]{3}\b|(?<![A-Z])R(?=\s?\d)")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the file are what."""

    description: str
    amount: str | None = None
    direction: str | None = None


@dataclass
class Counts:
    """Rows so far. `reasons` counts the rejected ones."""

    answered: int = 0
    for_review: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def classified(self) -> int:
        return self.answered + self.for_review

    @property
    def rejected(self) -> int:
        return self.reasons.total()


class RowError(Exception):
    """A row that cannot be classified, and why, in words. `column` is the one that is wrong."""

    def __init__(self, message: str, column: str | None = None) -> None:
        super().__init__(message)
        self.column = column


class RowReader:
    """Rows to transactions. Raises InputFileError where the columns are not as named."""

    def __init__(self, source: CsvFile, columns: Columns) -> None:
        self._columns = columns
        self._description = source.place(columns.description)
        self._amount = None if columns.amount is None else source.place(columns.amount)
        self._direction = None if columns.direction is None else source.place(columns.direction)

    def read(self, fields: list[str]) -> TransactionRequest:
        """Raises RowError."""
        description = fields[self._description].strip()
        column: str | None = self._columns.description
        if not description:
            raise RowError("The description is empty.", column)
        if len(description) > MAX_DESCRIPTION:
            raise RowError(f"The description is longer than {MAX_DESCRIPTION} characters.", column)
        amount, direction = None, ""
        try:
            if self._amount is not None:
                column = self._columns.amount
                amount = read_amount(fields[self._amount])
            if self._direction is not None:
                column = self._columns.direction
                direction = read_direction(fields[self._direction])
        except RowError as error:
            raise RowError(str(error), column) from error
        return TransactionRequest(description, amount=amount, direction=direction)


class FileClassification:
    """One pass over a file. Raises InputFileError where the columns are not as named."""

    def __init__(self, source: CsvFile, columns: Columns, prefix: str = "") -> None:
        self.source = source
        self.counts = Counts()
        self.answer_columns = [prefix + name for name in ANSWER_COLUMNS]
        self._reader = RowReader(source, columns)
        taken = [name for name in self.answer_columns if name in source.header]
        if taken:
            raise InputFileError(
                f"The file has a column “{taken[0]}” already, which the answer would write; put "
                f"something before the answer's columns: --prefix {prefix or 'txcat'}_."
            )

    def run(
        self,
        output: TextIO,
        rejects: TextIO,
        batch_size: int,
        report: Callable[[int, int], None],
    ) -> None:
        """Write the answers and the rejected rows; `report` hears of bytes and rows read.

        Raises NoEngineError where no version can be served.
        """
        delimiter = self.source.format.delimiter
        answers = csv.writer(output, delimiter=delimiter)
        answers.writerow([*self.source.header, *self.answer_columns])
        bad_rows = csv.writer(rejects)
        bad_rows.writerow(REJECT_COLUMNS)
        for batch in self._batches(bad_rows.writerow, batch_size):
            decided = decide([request for _, request in batch])
            for (fields, _), each in zip(batch, decided, strict=True):
                answers.writerow(
                    [
                        *fields,
                        *answer(each.decision, each.annotation.annotator),
                        each.route.version.name,
                    ]
                )
                self.counts.answered += each.decision.category is not None
                self.counts.for_review += each.decision.category is None
            report(self.source.bytes_read, self.counts.classified + self.counts.rejected)

    def _batches(
        self, reject: Callable[[list[object]], object], size: int
    ) -> Iterator[list[tuple[list[str], TransactionRequest]]]:
        batch = []
        for row in self.source.rows():
            bad = row if isinstance(row, BadRow) else None
            if isinstance(row, Row):
                try:
                    batch.append((row.fields, self._reader.read(row.fields)))
                except RowError as error:
                    bad = BadRow(row.line, str(error), row.raw)
            if bad is not None:
                self.counts.reasons[bad.reason] += 1
                reject([bad.line, bad.reason, bad.raw.rstrip("\r\n")])
            if len(batch) == size:
                yield batch
                batch = []
        if batch:
            yield batch


def answer(decision: Decision, annotator: AnnotatorChoices) -> list[str]:
    """A decision as ANSWER_COLUMNS without the last."""
    category, primary = decision.category, decision.primary
    return [
        category.slug if category else "",
        category.name if category else "",
        category.primary_slug if category else primary.slug if primary else "",
        *_figures(primary.confidence if primary else None),
        *_figures(decision.confidence),
        decision.level.value,
        *_figures(decision.score, decision.margin),
        "true" if decision.needs_review else "false",
        decision.reason.value if decision.reason else "",
        annotator.value,
        *_merchant(decision.merchant),
    ]


def read_amount(text: str) -> Decimal | None:
    """An amount as banks print it; None where the cell is empty. Raises RowError.

    Knows decimal points and commas, thousands separators, currency signs and codes, a minus
    before or behind, brackets and a CR or DR behind (CR is money in).
    """
    if _PLAIN_AMOUNT.fullmatch(text):
        return Decimal(text)
    bare = " ".join(text.replace("\u2212", "-").split())
    if not bare:
        return None
    is_negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()") if is_negative else bare
    if bare[-2:].upper() in ("CR", "DR"):
        is_negative = bare[-2:].upper() == "DR"
        bare = bare[:-2]
    bare = _CURRENCY.sub("", bare).strip()
    if bare[:1] in ("-", "+"):
        is_negative = is_negative or bare[0] == "-"
        bare = bare[1:]
    elif bare.endswith("-"):
        is_negative = True
        bare = bare[:-1]
    bare = _CURRENCY.sub("", bare).strip()
    match = _POINT_AMOUNT.fullmatch(bare) or _AMOUNT.fullmatch(bare)
    if match is None or not bare:
        raise RowError("The amount is not a number.")
    whole = re.sub(r"\D", "", match["whole"] or "") or "0"
    amount = Decimal(f"{whole}.{match['cents'] or 0}")
    return -amount if is_negative else amount


def read_direction(text: str) -> str:
    """A direction's value, "" where the cell is empty. Raises RowError."""
    direction = _DIRECTION_WORDS.get(text.strip().lower())
    if direction is None:
        raise RowError("The direction is none of expense, out, debit, income, in, credit.")
    return direction


def _merchant(match: MerchantMatch | None) -> list[str]:
    if match is None:
        return ["", "", ""]
    return [match.merchant.name, match.merchant.key, *_figures(match.confidence)]


def _figures(*values: float | None) -> list[str]:
    return ["" if value is None else f"{value:.6f}" for value in values]
