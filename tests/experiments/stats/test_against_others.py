"""Where scipy or statsmodels compute the same thing, they agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare, ttest_ind
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
)
from statsmodels.stats.proportion import test_proportions_2indep as proportions_test
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from experiments.stats.analysis import analyse_metric
from experiments.stats.hypothesis import holm, wilson
from experiments.stats.power import SampleSize, units_needed
from experiments.stats.srm import sample_ratio
from experiments.stats.types import AnalysisSpec, Method
from tests.experiments.stats.sums import share_sums, sums_of

FIXED = AnalysisSpec(method=Method.FIXED, minimum_units=2)
THOUSANDTHS = st.integers(-100_000, 100_000).map(lambda count: count / 1000)
VALUES = st.lists(THOUSANDTHS, min_size=3, max_size=40).filter(lambda found: len(set(found)) > 1)


@settings(deadline=None)
@given(one=VALUES, other=VALUES)
def test_welch(one: list[float], other: list[float]) -> None:
    found = analyse_metric(sums_of(one), sums_of(other), FIXED)
    expected = ttest_ind(other, one, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-5, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-5)
    compared = CompareMeans(DescrStatsW(other), DescrStatsW(one))
    low, high = compared.tconfint_diff(usevar="unequal")
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-5)


@given(
    one=st.integers(10, 190), other=st.integers(20, 280), alpha=st.sampled_from([0.01, 0.05, 0.2])
)
def test_two_proportions(one: int, other: int, alpha: float) -> None:
    spec = AnalysisSpec(method=Method.FIXED, is_proportion=True, alpha=alpha)
    found = analyse_metric(share_sums(one, 200), share_sums(other, 300), spec)
    tested = proportions_test(other, 300, one, 200, method="wald")
    low, high = confint_proportions_2indep(other, 300, one, 200, method="wald", alpha=alpha)
    assert found.p_value == pytest.approx(tested.pvalue, rel=1e-9, abs=1e-15)
    assert (found.low, found.high) == pytest.approx((low, high))


@settings(max_examples=25, deadline=None)
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm(p_values: list[float]) -> None:
    _, expected, _, _ = multipletests(p_values, method="holm")
    assert holm(p_values) == pytest.approx(tuple(expected))


@given(observed=st.lists(st.integers(20, 2000), min_size=2, max_size=6))
def test_sample_ratio(observed: list[int]) -> None:
    found = sample_ratio(observed, [1.0] * len(observed))
    assert found.p_value == pytest.approx(chisquare(observed).pvalue, rel=1e-9, abs=1e-300)


def test_sample_ratio_of_unequal_weights() -> None:
    expected = chisquare([700, 210, 90], [680, 220, 100]).pvalue
    assert sample_ratio([700, 210, 90], [68, 22, 10]).p_value == pytest.approx(expected)


@given(count=st.integers(0, 300), more=st.integers(0, 300))
def test_wilson(count: int, more: int) -> None:
    if count + more:
        expected = proportion_confint(count, count + more, method="wilson")
        assert wilson(count, count + more) == pytest.approx(expected, abs=1e-12)


@given(
    size=st.floats(0.05, 1),
    power=st.floats(0.7, 0.99),
    alpha=st.sampled_from([0.01, 0.05]),
    ratio=st.sampled_from([1.0, 0.25, 3.0]),
)
@settings(deadline=None)
def test_sample_size(size: float, power: float, alpha: float, ratio: float) -> None:
    baseline = sums_of([-1.0, 1.0] * 5000)
    sd = (10_000 / 9_999) ** 0.5
    spec = AnalysisSpec(method=Method.FIXED, alpha=alpha)
    shares = 1 / (1 + ratio), ratio / (1 + ratio)
    found = units_needed(baseline, size, spec, is_relative=False, power=power, shares=shares)
    assert isinstance(found, SampleSize)
    expected = NormalIndPower().solve_power(size / sd, power=power, alpha=alpha, ratio=ratio)
    assert found.control_units == pytest.approx(expected, abs=1.5, rel=1e-3)
    assert found.variant_units == pytest.approx(expected * ratio, abs=1.5, rel=1e-3)


def test_of_clusters_of_one_request_the_delta_method_is_welch() -> None:
    chance = np.random.default_rng(3)
    one, other = chance.normal(1, 1, 400), chance.normal(1.1, 2, 500)
    exact = analyse_metric(sums_of(one), sums_of(other), FIXED)
    doubled = analyse_metric(
        sums_of(2 * one, np.full(400, 2)), sums_of(2 * other, np.full(500, 2)), FIXED
    )
    assert doubled.method.startswith("delta")
    assert (doubled.low, doubled.high) == pytest.approx((exact.low, exact.high))


def test_the_chi_squared_of_a_split_is_not_that_of_a_table() -> None:
    """Against fixed weights, not against the other variant's count."""
    table = chi2_contingency([[500, 600], [600, 500]], correction=False).pvalue
    assert sample_ratio([500, 600], [1, 1]).p_value != pytest.approx(table)
