"""What units did before is subtracted: less noise, the same effect."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.stats.analysis import analyse_metric
from experiments.stats.contrast import Contrast, arm_of, between
from experiments.stats.types import AnalysisSpec, Method, UnitSums
from tests.experiments.stats.sums import sums_of

FIXED = AnalysisSpec(method=Method.FIXED)


def means(chance: np.random.Generator, units: int, shift: float) -> UnitSums:
    """One value a unit, correlated 0.8 with what it did before."""
    x = chance.normal(10, 2, units)
    y = shift + 10 + 0.8 * (x - 10) + chance.normal(0, 1.2, units)
    return sums_of(y, x=x)


def ratios(chance: np.random.Generator, units: int, shift: float) -> UnitSums:
    """Users with a rate of their own, then as now; a third of them new."""
    rate = chance.beta(3, 3, units)
    z = chance.poisson(20, units) * (chance.random(units) > 1 / 3)
    d = chance.poisson(20, units) + 1
    x = chance.binomial(z, rate)
    y = chance.binomial(d, np.clip(rate + shift, 0, 1))
    return sums_of(y, d, x, z)


def contrast_of(control: UnitSums, variant: UnitSums) -> Contrast:
    found = between(arm_of(control), arm_of(variant))  # type: ignore[arg-type]
    assert isinstance(found, Contrast)
    return found


def test_theta_is_the_slope_within_both_arms() -> None:
    chance = np.random.default_rng(1)
    xs = [chance.normal(10, 2, 300), chance.normal(10, 2, 300)]
    ys = [0.8 * x + chance.normal(shift, 1.2, 300) for x, shift in zip(xs, (0, 5), strict=True)]
    found = contrast_of(sums_of(ys[0], x=xs[0]), sums_of(ys[1], x=xs[1]))
    x, y = (np.concatenate([one - one.mean() for one in both]) for both in (xs, ys))
    theta = (x @ y) / (x @ x)
    assert found.theta == pytest.approx(theta)
    differences = [both[1].mean() - both[0].mean() for both in (ys, xs)]
    assert found.effect == pytest.approx(differences[0] - theta * differences[1])


def test_the_variance_falls_by_the_square_of_the_correlation() -> None:
    chance = np.random.default_rng(2)
    control, variant = means(chance, 20_000, 0), means(chance, 20_000, 0.1)
    adjusted = contrast_of(control, variant)
    plain = contrast_of(replace(control, pre=None), replace(variant, pre=None))
    assert (adjusted.error / plain.error) ** 2 == pytest.approx(1 - 0.8**2, abs=0.01)


@pytest.mark.parametrize(("make", "shift"), [(means, 0.5), (ratios, 0.05)])
def test_the_errors_are_those_of_repeated_sampling(make: type, shift: float) -> None:
    chance = np.random.default_rng(3)
    drawn = [contrast_of(make(chance, 300, 0), make(chance, 400, shift)) for _ in range(1500)]
    for effect, error in (("effect", "error"), ("relative_effect", "relative_error")):
        spread = np.std([getattr(found, effect) for found in drawn])
        said = np.mean([getattr(found, error) for found in drawn])
        assert said == pytest.approx(spread, rel=0.05)


def test_of_a_ratio_the_noise_is_less_and_the_effect_the_same() -> None:
    chance = np.random.default_rng(4)
    control, variant = ratios(chance, 20_000, 0), ratios(chance, 20_000, 0.03)
    adjusted = analyse_metric(control, variant, FIXED)
    plain = analyse_metric(replace(control, pre=None), variant, FIXED)
    assert adjusted.method == "delta method, CUPED, one look"
    assert plain.method == "delta method, one look"
    assert adjusted.standard_error is not None
    assert plain.standard_error is not None
    assert adjusted.standard_error < 0.8 * plain.standard_error
    assert adjusted.effect == pytest.approx(0.03, abs=3 * adjusted.standard_error)


def test_of_shares_the_noise_is_less_as_well() -> None:
    chance = np.random.default_rng(7)
    rates = chance.beta(0.5, 0.5, (2, 5000))
    x, y = chance.random((2, 5000)) < rates, chance.random((2, 5000)) < rates
    spec = replace(FIXED, is_proportion=True)
    arms = [sums_of(y[arm], x=x[arm]) for arm in (0, 1)]
    adjusted = analyse_metric(arms[0], arms[1], spec)
    plain = analyse_metric(replace(arms[0], pre=None), arms[1], spec)
    assert adjusted.method == "Welch t, CUPED, one look"
    assert adjusted.standard_error is not None
    assert plain.standard_error is not None
    assert adjusted.standard_error < 0.95 * plain.standard_error


def test_a_history_of_nothing_changes_nothing() -> None:
    chance = np.random.default_rng(5)
    y, d = chance.normal(3, 1, (2, 100)), chance.integers(1, 9, (2, 100))
    nothing = np.zeros(100)
    plain = contrast_of(*(sums_of(y[arm], d[arm]) for arm in (0, 1)))
    with_zeros = contrast_of(*(sums_of(y[arm], d[arm], nothing, nothing) for arm in (0, 1)))
    assert with_zeros == plain


def test_a_history_in_one_arm_alone_is_left_out() -> None:
    chance = np.random.default_rng(6)
    control, variant = means(chance, 100, 0), means(chance, 100, 0)
    found = analyse_metric(control, replace(variant, pre=None), FIXED)
    assert found.method == "Welch t, one look"
