"""Who served what, when: activations and retirements in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value

from classifier.models import Activation, Retirement


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done: `row` says by whom and why.

    `until` is when the next version took over; None where it serves now, and for a retirement.
    """

    row: Activation | Retirement
    until: datetime | None = None


def acts() -> "QuerySet[Any, tuple[datetime, str, int]]":
    """(when, kind of row, key) of each, the newest first; a page of it is read by `acts_of`."""
    return _keys(Activation).union(_keys(Retirement), all=True).order_by("-created_at", "-pk")


def acts_of(keys: Sequence[tuple[datetime, str, int]]) -> list[Act]:
    """The rows of some of `acts`, in their order."""
    later = Activation.objects.filter(pk__gt=OuterRef("pk")).order_by("pk")
    activations = (
        Activation.objects.filter(pk__in=_of(Activation, keys))
        .annotate(until=Subquery(later.values("created_at")[:1]))
        .select_related("from_version", "to_version", "by")
    )
    retirements = Retirement.objects.filter(pk__in=_of(Retirement, keys)).select_related(
        "version", "by"
    )
    found = {
        **{(Activation.__name__, row.pk): Act(row, row.until) for row in activations},
        **{(Retirement.__name__, row.pk): Act(row) for row in retirements},
    }
    return [found[kind, key] for _, kind, key in keys]


def _keys(model: type[Activation] | type[Retirement]) -> "QuerySet[Any, tuple[Any, ...]]":
    rows: QuerySet[Any] = model.objects.order_by().annotate(what=Value(model.__name__))
    keys: QuerySet[Any, tuple[Any, ...]] = rows.values_list("created_at", "what", "pk")
    return keys


def _of(model: type[Any], keys: Sequence[tuple[datetime, str, int]]) -> list[int]:
    return [key for _, kind, key in keys if kind == model.__name__]
