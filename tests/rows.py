"""Rows made from other rows, and rows out of the way."""

from typing import TypeVar

from django.db.models import Model

from classifier.models import Merchant, ModelVersion, VersionJudgement

Row = TypeVar("Row", bound=Model)


def copy_of(row: Row, **changes: object) -> Row:
    """A new row with the values of `row`, but for its key and `changes`."""
    fields = {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    return type(row)._default_manager.create(**{**fields, **changes})


def waiting_judgement(
    version: ModelVersion, against: ModelVersion, waits_for: str
) -> VersionJudgement:
    """Ten more of a thousand texts right."""
    return VersionJudgement.objects.create(
        version=version,
        against=against,
        texts=1000,
        right=810,
        against_right=800,
        only_right=30,
        only_against_right=20,
        difference_low=-0.004,
        difference_high=0.024,
        is_activated=False,
        waits_for=waits_for,
    )


def no_merchants() -> None:
    """The table of merchants is emptied at once: row by row takes long, and leaves history."""
    Merchant.objects.all()._raw_delete(using="default")
