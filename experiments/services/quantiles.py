"""The 95th percentile of an arm's latencies: exact order statistics, found by the database."""

from typing import Any

from django.db.models import Count, F, FloatField, Q, QuerySet, Sum

from experiments.models import Exposure
from experiments.stats.quantile import quantile_rank, quantile_ranks
from experiments.stats.types import CannotSay, QuantileStat, UnitSums

SHARE = 0.95


def latency_quantile(variant_id: int) -> QuantileStat | CannotSay:
    """Of all exposures of an arm that have a unit; the units are the clusters of its error."""
    rows = Exposure.objects.filter(variant=variant_id).exclude(unit="").order_by()
    count = rows.count()
    if not count:
        return CannotSay.NO_DATA
    value = _ranked(rows, count, quantile_rank(count, SHARE))
    if value is None:
        return CannotSay.NO_DATA
    sums = _at_or_below(rows, value)
    ranks = quantile_ranks(sums, SHARE)
    if isinstance(ranks, CannotSay):
        return ranks
    low, high = (_ranked(rows, count, rank) for rank in ranks)
    if low is None or high is None:
        return CannotSay.TOO_FEW_VALUES
    # Rows came between the statements: the ends may have passed the middle.
    return QuantileStat(value, min(low, value), max(high, value), count, sums.units)


def _ranked(rows: "QuerySet[Exposure]", count: int, rank: int) -> float | None:
    """The value of a rank from 1, counted from above: fewer rows are sorted."""
    place = max(0, count - rank)
    found = rows.order_by("-latency_ms").values_list("latency_ms", flat=True)
    return next(iter(found[place : place + 1]), None)


def _at_or_below(rows: "QuerySet[Exposure]", value: float) -> UnitSums:
    """A unit's numerator counts its latencies up to the value, its denominator all of them."""
    units = rows.values("unit").annotate(
        y=Count("pk", filter=Q(latency_ms__lte=value)), d=Count("pk")
    )
    products = (F("y"), F("d"), F("y") * F("y"), F("d") * F("d"), F("y") * F("d"))
    totals = {f"sum_{place}": _total(each) for place, each in enumerate(products)}
    found: dict[str, Any] = units.aggregate(units=Count("unit"), **totals)
    y, d, yy, dd, yd = (float(found[name] or 0) for name in totals)
    return UnitSums(found["units"], y, d, yy, dd, yd)


def _total(expression: Any) -> Sum:
    return Sum(expression, output_field=FloatField())
