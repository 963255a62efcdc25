"""Intervals that hold at all looks together."""

from dataclasses import replace
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.stats.analysis import analyse_metric
from experiments.stats.normal import deviate
from experiments.stats.sequential import (
    always_valid_p,
    mixing,
    one_sided_multiple,
    sequence_multiple,
)
from experiments.stats.types import AnalysisSpec, Method, Sides
from tests.experiments.stats.sums import sums_of

ALPHAS = st.sampled_from([0.01, 0.05, 0.1])
UNITS = st.integers(10, 10**7)
SPECS = (
    AnalysisSpec(planned_units=600),
    AnalysisSpec(method=Method.FIXED),
    AnalysisSpec(method=Method.GROUP_SEQUENTIAL, looks=3, information=(0.3, 0.7)),
)


@given(alpha=ALPHAS, units=UNITS, planned=UNITS)
def test_the_width_is_that_of_the_paper(alpha: float, units: int, planned: int) -> None:
    """Eq. 9 as it is printed, of variance 1."""
    rho = mixing(alpha, planned)
    grown = units * rho**2 + 1
    printed = sqrt(2 * grown / (units**2 * rho**2) * log(sqrt(grown) / alpha))
    assert sequence_multiple(alpha, units, planned) / sqrt(units) == pytest.approx(printed)


@given(alpha=ALPHAS, units=UNITS, planned=UNITS)
def test_p_is_alpha_where_the_interval_touches_zero(alpha: float, units: int, planned: int) -> None:
    multiple = sequence_multiple(alpha, units, planned)
    assert always_valid_p(multiple, alpha, units, planned) == pytest.approx(alpha)
    assert always_valid_p(-multiple, alpha, units, planned) == pytest.approx(alpha)
    assert always_valid_p(0, alpha, units, planned) == 1


@given(alpha=ALPHAS, planned=st.integers(100, 10**6))
def test_it_is_narrowest_near_the_planned_units(alpha: float, planned: int) -> None:
    at_plan = sequence_multiple(alpha, planned, planned)
    others = [sequence_multiple(alpha, planned, round(planned * f)) for f in (0.1, 0.5, 2, 10)]
    assert at_plan <= min(others) + 1e-3


@given(alpha=ALPHAS, planned=UNITS, filled=st.floats(0.1, 10))
def test_it_is_wider_than_a_single_look_and_a_one_sided_bound_is_nearer(
    alpha: float, planned: int, filled: float
) -> None:
    two_sided = sequence_multiple(alpha, filled * planned, planned)
    one_sided = one_sided_multiple(alpha, filled * planned, planned)
    assert deviate(alpha / 2) < one_sided < two_sided


@pytest.mark.parametrize("spec", SPECS)
def test_bounds_of_one_side_each_are_those_of_twice_the_level(spec: AnalysisSpec) -> None:
    chance = np.random.default_rng(1)
    arms = sums_of(chance.normal(0, 1, 300)), sums_of(chance.normal(0, 1, 300))
    both = analyse_metric(*arms, replace(spec, alpha=0.1))
    either = analyse_metric(*arms, replace(spec, alpha=0.05, sides=Sides.EITHER))
    # Of a sequence the two are nearly the same, not quite.
    tolerance = 3e-3 if spec.method is Method.SEQUENTIAL else 1e-9
    assert (either.low, either.high) == pytest.approx((both.low, both.high), abs=tolerance)


@given(alpha=ALPHAS, units=UNITS, planned=UNITS)
def test_a_one_sided_bound_is_that_of_the_paper(alpha: float, units: int, planned: int) -> None:
    """Eq. 134 as it is printed, of variance 1."""
    rho = mixing(2 * alpha, planned)
    grown = units * rho**2 + 1
    printed = sqrt(2 * grown / (units**2 * rho**2) * log(1 + sqrt(grown) / (2 * alpha)))
    assert one_sided_multiple(alpha, units, planned) / sqrt(units) == pytest.approx(printed)


def test_looking_at_every_unit_it_seldom_alarms_and_a_single_look_often_does() -> None:
    """2,000 walks of 2,000 units that have no effect, looked at from the 50th on."""
    chance = np.random.default_rng(2)
    units = np.arange(1, 2001)
    z = np.cumsum(chance.normal(0, 1, (2000, 2000)), axis=1)[:, 49:] / np.sqrt(units[49:])
    limits = [sequence_multiple(0.05, float(n), 1000) for n in units[49:]]
    assert (np.abs(z) > limits).any(axis=1).mean() < 0.05
    upper = [one_sided_multiple(0.05, float(n), 1000) for n in units[49:]]
    assert (z > upper).any(axis=1).mean() < 0.05
    assert (np.abs(z) > 1.96).any(axis=1).mean() > 0.3


def test_a_large_effect_is_found_before_the_plan_is_filled() -> None:
    chance = np.random.default_rng(3)
    arms = sums_of(chance.normal(0, 1, 200)), sums_of(chance.normal(1, 1, 200))
    found = analyse_metric(*arms, AnalysisSpec(planned_units=5000))
    assert found.p_value is not None
    assert found.p_value < 0.001
    fixed = analyse_metric(*arms, replace(AnalysisSpec(), method=Method.FIXED))
    assert fixed.p_value is not None
    assert fixed.p_value < found.p_value
