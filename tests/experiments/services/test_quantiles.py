"""The 95th percentile is a value that was measured, at the rank that it should have."""

import random

import pytest
from django.utils import timezone

from experiments.services.quantiles import latency_quantile
from experiments.stats.quantile import quantile_rank, quantile_ranks
from experiments.stats.types import CannotSay, QuantileStat, UnitSums
from tests.experiments.traffic import Served, make_experiment, store

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(4))
def test_it_and_its_ends_are_the_values_of_their_ranks(active_version: object, seed: int) -> None:
    chance = random.Random(seed)
    control, new = make_experiment().variants.all()
    rows = [
        Served(control, f"u{chance.randrange(60)}", timezone.now(), latency_ms=chance.random())
        for _ in range(300)
    ]
    others = [
        Served(new, "u0", timezone.now(), latency_ms=9.0),
        Served(control, "", timezone.now(), latency_ms=9.0),
    ]
    store([*rows, *others])
    values = sorted(row.latency_ms for row in rows)
    value = values[quantile_rank(300, 0.95) - 1]
    units = {row.unit for row in rows}
    pairs = [
        (
            sum(row.latency_ms <= value for row in rows if row.unit == unit),
            sum(row.unit == unit for row in rows),
        )
        for unit in units
    ]
    sums = UnitSums(
        len(pairs),
        sum(y for y, _ in pairs),
        sum(d for _, d in pairs),
        sum(y * y for y, _ in pairs),
        sum(d * d for _, d in pairs),
        sum(y * d for y, d in pairs),
    )
    ranks = quantile_ranks(sums, 0.95)
    assert not isinstance(ranks, CannotSay)
    low, high = (values[rank - 1] for rank in ranks)
    assert latency_quantile(control.pk) == QuantileStat(value, low, high, 300, len(units))


def test_of_nothing_it_cannot_be_said(active_version: object) -> None:
    assert latency_quantile(make_experiment().control.pk) is CannotSay.NO_DATA


def test_of_few_values_it_cannot_be_said(active_version: object) -> None:
    control = make_experiment().control
    store(Served(control, f"u{each}", timezone.now(), latency_ms=each) for each in range(20))
    assert latency_quantile(control.pk) is CannotSay.TOO_FEW_VALUES
