"""A quantile of clustered values: the interval covers, naive ranks do not."""

from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from experiments.stats.quantile import analyse_quantile, quantile_rank, quantile_ranks
from experiments.stats.types import AnalysisSpec, CannotSay, Method, QuantileStat
from tests.experiments.stats.sums import NUMBERS, sums_of

FIXED = AnalysisSpec(method=Method.FIXED)


def latencies(
    chance: np.random.Generator, units: int, scale: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Values (n,) in milliseconds and whose they are (n,): slow users and quick ones."""
    owners = np.repeat(np.arange(units), chance.poisson(15, units) + 1)
    base = chance.lognormal(3, 0.5, units)
    return scale * base[owners] * chance.lognormal(0, 0.3, len(owners)), owners


def stat_of(values: NDArray[np.float64], owners: NDArray[np.int64], share: float) -> QuantileStat:
    """What the database does: rank, count by unit, then look up two ranks."""
    ordered = np.sort(values)
    value = ordered[quantile_rank(len(values), share) - 1]
    counts = np.bincount(owners)
    below = np.bincount(owners, values <= value)
    ranks = quantile_ranks(sums_of(below, counts), share)
    assert not isinstance(ranks, CannotSay)
    low, high = (float(ordered[rank - 1]) for rank in ranks)
    return QuantileStat(float(value), low, high, len(values), len(counts))


def test_the_interval_covers_in_95_of_100_and_that_of_single_values_does_not() -> None:
    chance = np.random.default_rng(5)
    truth = float(np.quantile(latencies(chance, 400_000)[0], 0.95))
    covered = naive = 0
    for _ in range(600):
        values, owners = latencies(chance, 300)
        found = stat_of(values, owners, 0.95)
        covered += found.low <= truth <= found.high
        alone = stat_of(values, np.arange(len(values)), 0.95)
        naive += alone.low <= truth <= alone.high
    assert 0.92 < covered / 600 < 0.98
    assert naive / 600 < 0.8


def test_without_a_difference_it_alarms_in_5_of_100() -> None:
    chance = np.random.default_rng(6)
    alarms = 0
    for _ in range(600):
        arms = [stat_of(*latencies(chance, 400), 0.95) for _ in range(2)]
        found = analyse_quantile(arms[0], arms[1], FIXED)
        assert found.p_value is not None
        alarms += found.p_value < 0.05
    assert alarms / 600 < 0.075


def test_a_slower_variant_is_seen_with_its_size() -> None:
    chance = np.random.default_rng(7)
    arms = [stat_of(*latencies(chance, 5000, scale), 0.95) for scale in (1.0, 1.2)]
    found = analyse_quantile(arms[0], arms[1], FIXED)
    assert found.relative_low is not None
    assert found.relative_high is not None
    assert 0.1 < found.relative_low < 0.2 < found.relative_high < 0.3
    assert found.method == "quantile, delta method, one look"


def test_of_independent_values_the_ranks_are_binomial() -> None:
    values = 10_000
    sums = sums_of(np.arange(values) < 9500)
    half = 1.959964 * (values * 0.95 * 0.05) ** 0.5
    ranks = quantile_ranks(sums, 0.95)
    assert ranks == pytest.approx((9500 - half, 9500 + half + 1), abs=1)


def test_too_few_values_beyond_it_say_nothing() -> None:
    assert quantile_ranks(sums_of(np.arange(30) < 29), 0.95) is CannotSay.TOO_FEW_VALUES
    assert quantile_ranks(sums_of([1.0]), 0.95) is CannotSay.TOO_FEW_UNITS
    assert quantile_ranks(sums_of([]), 0.95) is CannotSay.NO_DATA


def test_too_few_units_and_values_all_alike_say_nothing() -> None:
    few, alike = QuantileStat(5, 4, 6, 900, 20), QuantileStat(5, 5, 5, 900, 90)
    assert analyse_quantile(few, alike, FIXED).reason is CannotSay.TOO_FEW_UNITS
    found = analyse_quantile(alike, alike, FIXED)
    assert (found.reason, found.control_value) == (CannotSay.NO_VARIANCE, 5)


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_a_quantile_is_between_0_and_1(share: float) -> None:
    with pytest.raises(ValueError, match="quantile"):
        quantile_ranks(sums_of([1.0, 0.0]), share)
    with pytest.raises(ValueError, match="quantile"):
        quantile_rank(10, share)


def test_the_rank_is_the_first_value_that_the_share_reaches() -> None:
    assert [quantile_rank(n, 0.95) for n in (1, 19, 20, 21, 100)] == [1, 19, 19, 20, 95]


@settings(deadline=None)
@given(
    ends=st.tuples(*[st.lists(NUMBERS, min_size=3, max_size=3).map(sorted)] * 2),
    units=st.integers(0, 100),
    method=st.sampled_from([Method.FIXED, Method.SEQUENTIAL]),
)
def test_no_number_is_nan_or_infinite(
    ends: tuple[list[float], list[float]], units: int, method: Method
) -> None:
    arms = [QuantileStat(value, low, high, 10 * units, units) for low, value, high in ends]
    found = analyse_quantile(arms[0], arms[1], AnalysisSpec(method=method))
    for value in (found.effect, found.low, found.high, found.relative_low, found.p_value):
        assert value is None or isfinite(value)
    assert (found.effect is None) == (found.reason is not None)
