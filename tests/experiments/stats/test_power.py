"""How many units it takes: so many do find the effect as often as was asked."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.stats.analysis import analyse_metric
from experiments.stats.power import (
    SampleSize,
    days_needed,
    detectable_effect,
    units_left,
    units_needed,
)
from experiments.stats.types import AnalysisSpec, CannotSay, Method, Sides, UnitSums
from tests.experiments.stats.sums import share_sums, sums_of

FIXED = AnalysisSpec(method=Method.FIXED)
LOOKS = AnalysisSpec(method=Method.GROUP_SEQUENTIAL, looks=5, information=(0.2,))
SEQUENTIAL = AnalysisSpec(method=Method.SEQUENTIAL)


def clusters(chance: np.random.Generator, units: int, shift: float = 0.0) -> UnitSums:
    d = chance.poisson(9, units) + 1
    rate = chance.beta(3, 7, units) + shift
    return sums_of(chance.binomial(d, rate), d)


@pytest.mark.parametrize("spec", [FIXED, SEQUENTIAL])
def test_the_promised_power_is_there(spec: AnalysisSpec) -> None:
    chance = np.random.default_rng(21)
    size = units_needed(clusters(chance, 100_000), 0.1, spec, power=0.8)
    assert isinstance(size, SampleSize)
    planned = replace(spec, planned_units=size.total_units)
    found = 0
    for _ in range(1000):
        arms = clusters(chance, size.control_units), clusters(chance, size.variant_units, 0.03)
        p_value = analyse_metric(*arms, planned).p_value
        assert p_value is not None
        found += p_value < 0.05
    assert found / 1000 == pytest.approx(0.8, abs=0.04)


def test_of_shares_it_is_the_textbook_number() -> None:
    """10% to 12%, unpooled: 7.849 (0.09 + 0.1056) / 0.02² a group."""
    spec = replace(FIXED, is_proportion=True)
    found = units_needed(share_sums(1000, 10_000), 0.2, spec)
    assert found == SampleSize(3839, 3839, 7678)


def test_looking_more_often_takes_more_units() -> None:
    baseline = share_sums(1000, 10_000)
    totals = []
    for spec in (FIXED, LOOKS, SEQUENTIAL):
        found = units_needed(baseline, 0.2, spec)
        assert isinstance(found, SampleSize)
        totals.append(found.total_units)
    fixed, looks, sequential = totals
    assert fixed < looks < 1.06 * fixed
    assert 1.5 * fixed < sequential < 2.2 * fixed


def test_one_sided_bounds_and_fewer_comparisons_take_fewer_units() -> None:
    baseline = share_sums(1000, 10_000)
    for spec in (FIXED, LOOKS, SEQUENTIAL):
        one, several, either = (
            units_needed(baseline, 0.2, changed)
            for changed in (
                spec,
                replace(spec, comparisons=3),
                replace(spec, sides=Sides.EITHER),
            )
        )
        assert isinstance(one, SampleSize)
        assert isinstance(several, SampleSize)
        assert isinstance(either, SampleSize)
        assert either.total_units < one.total_units < several.total_units


def test_the_detectable_effect_is_the_size_turned_round() -> None:
    baseline = sums_of(np.random.default_rng(22).normal(10, 3, 1000))
    for shares in ((0.5, 0.5), (0.6, 0.2)):
        size = units_needed(baseline, 0.05, FIXED, shares=shares)
        assert isinstance(size, SampleSize)
        found = detectable_effect(baseline, size.total_units, FIXED, shares=shares)
        assert found == pytest.approx(0.05 * 10, rel=0.02)


@pytest.mark.parametrize("spec", [FIXED, SEQUENTIAL])
def test_the_sample_left_brings_it_to_the_sample_needed(spec: AnalysisSpec) -> None:
    chance = np.random.default_rng(23)
    size = units_needed(clusters(chance, 100_000), 0.1, spec)
    assert isinstance(size, SampleSize)
    planned = replace(spec, planned_units=size.total_units)
    third = size.control_units // 3
    estimate = analyse_metric(clusters(chance, third), clusters(chance, third), planned)
    left = units_left(estimate, 0.1, planned)
    assert left == pytest.approx(2 / 3 * size.total_units, rel=0.1)
    whole = analyse_metric(
        clusters(chance, 2 * size.control_units), clusters(chance, 2 * size.control_units), planned
    )
    assert units_left(whole, 0.1, planned) == 0


def test_what_cannot_be_planned_says_why() -> None:
    constant, zeros = sums_of([1.0] * 50), sums_of([1.0, -1.0] * 50)
    assert units_needed(UnitSums.nothing(), 0.1, FIXED) is CannotSay.NO_DATA
    assert units_needed(constant, 0.1, FIXED) is CannotSay.NO_VARIANCE
    assert units_needed(zeros, 0.1, FIXED) is CannotSay.CONTROL_IS_ZERO
    for tiny in (1e-9, 5e-324):
        assert units_needed(zeros, tiny, FIXED, is_relative=False) is CannotSay.OUT_OF_RANGE
    assert detectable_effect(zeros, 3, FIXED) is CannotSay.TOO_FEW_UNITS
    assert detectable_effect(constant, 100, FIXED) is CannotSay.NO_VARIANCE
    nothing = analyse_metric(constant, constant, FIXED)
    assert units_left(nothing, 0.1, FIXED) is CannotSay.NO_VARIANCE
    at_zero = analyse_metric(zeros, zeros, FIXED)
    assert units_left(at_zero, 0.1, FIXED) is CannotSay.CONTROL_IS_ZERO
    assert units_left(at_zero, 1e-9, FIXED, is_relative=False) is CannotSay.OUT_OF_RANGE


def test_what_makes_no_plan_is_refused() -> None:
    shares = share_sums(900, 1000)
    spec = replace(FIXED, is_proportion=True)
    with pytest.raises(ValueError, match="effect of 0"):
        units_needed(shares, 0, spec)
    with pytest.raises(ValueError, match=r"a share of 1\.08"):
        units_needed(shares, 0.2, spec)
    with pytest.raises(ValueError, match="power"):
        units_needed(shares, 0.1, spec, power=1)
    with pytest.raises(ValueError, match="shares"):
        units_needed(shares, 0.1, spec, shares=(0.7, 0.7))


def test_days_are_whole_and_never_come_without_traffic() -> None:
    assert days_needed(1001, 100) == 11
    assert days_needed(1000, 100) == 10
    assert days_needed(1000, 0) is None
