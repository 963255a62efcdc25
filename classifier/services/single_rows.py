"""Tables of one row."""

from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def single_row(model: type[Row]) -> Row:
    """The one row, made with the defaults on first use; its history starts with nobody."""
    rows = model._default_manager
    row = rows.filter(pk=1).first()
    if row is not None:
        return row
    row = model(pk=1)
    row._history_user = None  # type: ignore[attr-defined]
    row._change_reason = "defaults"  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Another process was faster.
        return rows.get(pk=1)
    return row
