"""Rows made from other rows, and rows out of the way."""

from typing import TypeVar

from django.db.models import Model

from classifier.models import Merchant

Row = TypeVar("Row", bound=Model)


def copy_of(row: Row, **changes: object) -> Row:
    """A new row with the values of `row`, but for its key and `changes`."""
    fields = {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    return type(row)._default_manager.create(**{**fields, **changes})


def no_merchants() -> None:
    """The table of merchants is emptied at once: row by row takes long, and leaves history."""
    Merchant.objects.all()._raw_delete(using="default")
