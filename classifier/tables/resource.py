"""What the resources of curated rows share: natural keys, and checks without a query a row."""

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Model
from import_export import fields, resources, widgets
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from classifier.exceptions import ConflictError
from classifier.models import Category
from classifier.tables.cells import escape, text_of
from classifier.tables.reading import Rows

BATCH = 500
REASON_LENGTH = 100
CHANGES_SHOWN = 20
TRUE = {"true", "yes", "y", "1", "on"}
FALSE = {"false", "no", "n", "0", "off"}


class FlagWidget(widgets.Widget):  # type: ignore[misc]
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> bool | None:
        word = value.strip().lower()
        if word and word not in TRUE | FALSE:
            raise ValueError(f"“{value}” is neither true nor false.")
        return word in TRUE if word else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "true" if value else "false"


class WholeWidget(widgets.Widget):  # type: ignore[misc]
    def clean(self, value: str, row: Any = None, **kwargs: Any) -> int | None:
        try:
            return int(value) if value.strip() else None
        except ValueError as error:
            raise ValueError(f"“{value}” is no whole number.") from error

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> int:
        return int(value)


class TextWidget(widgets.Widget):  # type: ignore[misc]
    """A text as it is; of a choice, its value for its label too."""

    def __init__(self, choices: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._values = {label.lower(): value for value, label in choices}
        self._is_choice = bool(choices)

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        if not self._is_choice:
            return value
        word = value.strip().lower()
        return self._values.get(word, word)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return escape(str(value or ""))


def text_field(attribute: str, column: str = "", **options: Any) -> fields.Field:
    return fields.Field(attribute, column or attribute, widget=TextWidget(), **options)


def flag_field(attribute: str, default: bool) -> fields.Field:
    return fields.Field(attribute, attribute, widget=FlagWidget(), default=default)


@dataclass(frozen=True, slots=True)
class Change:
    """What a row of a file does to one field of a row that is there: `what` names that."""

    row: int
    what: str
    column: str
    before: str
    after: str


class _AbstractResource(resources.ModelDeclarativeMetaclass, ABCMeta):  # type: ignore[misc]
    """A resource that lacks a method cannot be made: django-import-export has a metaclass."""


class CuratedResource(resources.ModelResource, metaclass=_AbstractResource):  # type: ignore[misc]
    """Rows of a table by their natural key: those it does not know are new.

    Nothing is written while rows are read: those to be added and to be changed are gathered in
    `create_instances` and `update_instances`, and `write` writes them all. A resource reads one
    file. A subclass gives `find`, which sets what a row is known by, and `clean_instance`, the
    model's own checks with what `prepare` has read.
    """

    # The columns that a file must have.
    required: tuple[str, ...] = ()
    # What of a row that was there before a file can change.
    written_fields: tuple[str, ...] = ()
    # Fields that are looked up in memory, or made by the program: not checked one by one.
    unchecked: frozenset[str] = frozenset()

    def __init__(self, user: AbstractBaseUser | None = None) -> None:
        super().__init__()
        self.user = user
        # The first CHANGES_SHOWN, or a few more: all of a row.
        self.changes: list[Change] = []
        self._before: list[Any] = []
        self._seen: dict[Any, int] = {}
        self._number = 0
        self._lines: list[int] = []

    def columns(self) -> list[str]:
        return [field.column_name for field in self.get_import_fields()]

    @abstractmethod
    def prepare(self, rows: Rows) -> None:
        """Read what the rows are compared with."""

    @abstractmethod
    def find(self, row: Mapping[str, str]) -> tuple[Any, bool]:
        """The instance that a row is of, and whether it is new. Raises ValidationError."""

    @abstractmethod
    def clean_instance(self, instance: Any) -> None:
        """Raises ValidationError."""

    def accept(self, instance: Any) -> None:
        """Remember a row that is as it should be, for those below it.

        Raises ValidationError where it cannot stand beside one above it.
        """

    def writing_order(self) -> list[list[Any]]:
        """The new rows, those first that others point to."""
        return [self.create_instances]

    def once(self, key: object, column: str, label: str) -> None:
        """Raises ValidationError where an earlier row of the file had the key."""
        earlier = self._seen.setdefault(key, self._number)
        if earlier != self._number:
            raise ValidationError({column: f"{label} is in row {self.line_of(earlier)} already."})

    def line_of(self, number: int) -> int:
        """The file's own number of the row that was read as number `number`."""
        return self._lines[number - 1]

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self.prepare(dataset)
        self._lines = dataset.lines

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        self._number = kwargs["row_number"]

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Any, bool]:
        instance, is_new = self.find(row)
        self._before = [] if is_new else self._values(instance)
        return instance, is_new

    def skip_row(self, instance: Any, original: Any, row: Any, errors: Any = None) -> bool:
        if errors or not self._before:
            return False
        changed = [
            Change(
                self.line_of(self._number),
                str(instance),
                field.column_name,
                text_of(before),
                text_of(after),
            )
            for field, before, after in zip(
                self.get_import_fields(), self._before, self._values(instance), strict=True
            )
            if before != after
        ]
        if not changed:
            self.accept(instance)
        elif len(self.changes) < CHANGES_SHOWN:
            self.changes += changed
        return not changed

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """As `full_clean`, but that nothing is asked of the database."""
        errors: dict[str, Any] = dict(import_validation_errors or {})
        try:
            instance.clean_fields(exclude={*errors, *self.unchecked})
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        try:
            if not import_validation_errors:
                self.clean_instance(instance)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)
        self.accept(instance)

    def write(self, reason: str) -> None:
        """Add and change the rows, each with its history; in a transaction of the caller.

        Raises ConflictError where a row to be changed is gone, IntegrityError where somebody was
        faster.
        """
        model: type[Model] = self._meta.model
        history = {"default_user": self.user, "default_change_reason": reason[:REASON_LENGTH]}
        *first, last = self.writing_order()
        for instances in first:
            bulk_create_with_history(instances, model, batch_size=BATCH, **history)
        if self.update_instances:
            changed = bulk_update_with_history(
                self.update_instances, model, self.written_fields, batch_size=BATCH, **history
            )
            if changed != len(self.update_instances):
                raise ConflictError("Rows that would be changed were deleted meanwhile.")
        # What a changed row has given up is free for these.
        bulk_create_with_history(last, model, batch_size=BATCH, **history)

    def _values(self, instance: Any) -> list[Any]:
        return [field.get_value(instance) for field in self.get_import_fields()]


def categories_by_slug() -> dict[str, Category]:
    """All of them, each with its parent at hand."""
    by_pk = {category.pk: category for category in Category.objects.all()}
    for category in by_pk.values():
        if category.parent_id is not None:
            category.parent = by_pk[category.parent_id]
    return {category.slug: category for category in by_pk.values()}


def parted(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """In parts that are short enough for one query."""
    for start in range(0, len(values), BATCH):
        yield values[start : start + BATCH]


def detailed_category(by_slug: Mapping[str, Category], cell: str) -> Category:
    """Raises ValidationError that names the slug."""
    slug = cell.strip()
    category = by_slug.get(slug)
    if not slug:
        problem = "A category is needed, by its slug."
    elif category is None:
        problem = f"No category has the slug “{slug}”."
    elif category.parent is None:
        problem = f"“{slug}” is a primary category; a detailed one is needed."
    else:
        return category
    raise ValidationError({"category": problem})
