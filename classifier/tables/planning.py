"""Look at all rows of a file before one is written, then write all or none."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from import_export.results import RowResult

from classifier.exceptions import ConflictError, InputFileError
from classifier.models import Category, Example, Rule
from classifier.services.csv_files import BadRow
from classifier.tables.categories import CategoryResource
from classifier.tables.examples import ExampleResource
from classifier.tables.reading import Rows, TableFile
from classifier.tables.resource import Change, CuratedResource
from classifier.tables.rules import RuleResource

RESOURCES: Mapping[str, type[CuratedResource]] = {
    Category._meta.model_name or "": CategoryResource,
    Example._meta.model_name or "": ExampleResource,
    Rule._meta.model_name or "": RuleResource,
}
ERRORS_SHOWN = 100
REPORTED_EVERY = 500

Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a row cannot be taken. `row` is the file's number of it; `column` is empty where the
    row as a whole is wrong."""

    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What rows come to. `errors` are the first ERRORS_SHOWN of `error_count`; `changes` are those
    of the first rows that are changed."""

    added: int
    changed: int
    unchanged: int
    error_count: int
    errors: list[RowError]
    changes: list[Change]

    def __str__(self) -> str:
        parts = [f"{self.added:,} new", f"{self.changed:,} changed"]
        parts.append(f"{self.unchanged:,} unchanged")
        if self.error_count:
            parts.append(f"{self.error_count:,} {'error' if self.error_count == 1 else 'errors'}")
        return ", ".join(parts)

    @property
    def is_applicable(self) -> bool:
        return self.error_count == 0 and self.added + self.changed > 0

    @property
    def has_more_changes(self) -> bool:
        """Whether more rows are changed than `changes` are of."""
        return self.changed > len({change.row for change in self.changes})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Outcome":
        counts = {name: value[name] for name in ("added", "changed", "unchanged", "error_count")}
        return cls(
            **counts,
            errors=[RowError(**error) for error in value["errors"]],
            changes=[Change(**change) for change in value["changes"]],
        )


def check_columns(table: str, header: list[str]) -> None:
    """Raises InputFileError that names the columns which are missing, and those not known."""
    resource = RESOURCES[table]()
    known = resource.columns()
    missing = [name for name in resource.required if name not in header]
    unknown = [name for name in header if name not in known]
    problems = []
    if missing:
        problems.append(f"It has no column {_quoted(missing)}.")
    if unknown:
        problems.append(f"It has a column that is not known: {_quoted(unknown)}.")
    if problems:
        raise InputFileError(" ".join([*problems, f"The columns are: {', '.join(known)}."]))


def preview(table: str, file: TableFile, report: Report = lambda share, text: None) -> Outcome:
    """What an import would do; nothing is written. Raises InputFileError."""
    check_columns(table, file.header)
    return _read(RESOURCES[table](), file, report)


def apply(
    table: str,
    file: TableFile,
    *,
    by: AbstractBaseUser | None,
    reason: str,
    report: Report = lambda share, text: None,
) -> Outcome:
    """Take all rows of a file in, with their history; where one has an error, none.

    The rows are looked at again: what was added since a preview is unchanged now. Raises
    InputFileError, and ConflictError where they no longer fit or somebody was faster.
    """
    check_columns(table, file.header)
    resource = RESOURCES[table](by)
    outcome = _read(resource, file, report)
    if outcome.error_count:
        first = outcome.errors[0]
        raise ConflictError(
            f"Nothing was imported: the file no longer fits ({outcome}). Row {first.row}: "
            f"{first.message} Send the file again to see all."
        )
    report(0.7, "writing")
    try:
        with transaction.atomic():
            resource.write(reason)
    except IntegrityError as error:
        raise ConflictError(
            "Nothing was imported: somebody added or renamed what is in the file just now, or two "
            "rows exchange their names. Send the file again."
        ) from error
    return outcome


def _read(resource: CuratedResource, file: TableFile, report: Report) -> Outcome:
    errors: list[RowError] = []
    rows = Rows(file.header)
    report(0.0, "reading")
    for row in file.rows():
        if isinstance(row, BadRow):
            errors.append(RowError(row.line, "", row.reason))
        else:
            rows.cells.append(row.cells)
            rows.lines.append(row.number)
            if len(rows) % REPORTED_EVERY == 0:
                report(0.1, f"reading: {len(rows):,} rows")
    if not rows.cells and not errors:
        raise InputFileError("The file has no rows below its header.")

    def tell(count: int) -> None:
        if count % REPORTED_EVERY == 0:
            report(0.2 + 0.5 * count / len(rows), f"checking: {count:,} of {len(rows):,} rows")

    rows.report = tell
    result = resource.import_data_inner(
        rows, dry_run=True, raise_errors=False, using_transactions=False, collect_failed_rows=False
    )
    # What no check foresaw is no row's fault.
    for unforeseen in (*result.base_errors, *(e for row in result.error_rows for e in row.errors)):
        raise unforeseen.error
    for invalid in result.invalid_rows:
        errors += _errors(rows.lines[invalid.number - 1], invalid.error)
    errors.sort(key=lambda error: error.row)
    return Outcome(
        added=result.totals[RowResult.IMPORT_TYPE_NEW],
        changed=result.totals[RowResult.IMPORT_TYPE_UPDATE],
        unchanged=result.totals[RowResult.IMPORT_TYPE_SKIP],
        error_count=len(errors),
        errors=errors[:ERRORS_SHOWN],
        changes=resource.changes,
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _errors(row: int, error: ValidationError) -> list[RowError]:
    return [
        RowError(row, "" if name == NON_FIELD_ERRORS else name, " ".join(messages))
        for name, messages in error.message_dict.items()
    ]
