"""The delta method over units: its error is that of drawing units anew."""

import numpy as np
import pytest

from experiments.stats.analysis import analyse_metric
from experiments.stats.contrast import Contrast, arm_of, between
from experiments.stats.types import AnalysisSpec, Method, UnitSums
from tests.experiments.stats.sums import sums_of

FIXED = AnalysisSpec(method=Method.FIXED)


def clusters(chance: np.random.Generator, units: int, value: float) -> UnitSums:
    """Heavy users and light ones, each with a rate of its own."""
    d = chance.poisson(chance.gamma(2, 5, units)) + 1
    rate = chance.beta(4 * value, 4 * (1 - value), units)
    return sums_of(chance.binomial(d, rate), d)


def contrast_of(control: UnitSums, variant: UnitSums) -> Contrast:
    arms = arm_of(control), arm_of(variant)
    found = between(*arms)  # type: ignore[arg-type]
    assert isinstance(found, Contrast)
    return found


def test_the_errors_are_those_of_repeated_sampling() -> None:
    chance = np.random.default_rng(11)
    drawn = [
        contrast_of(clusters(chance, 500, 0.3), clusters(chance, 800, 0.4)) for _ in range(1500)
    ]
    for effect, error in (("effect", "error"), ("relative_effect", "relative_error")):
        spread = np.std([getattr(found, effect) for found in drawn])
        said = np.mean([getattr(found, error) for found in drawn])
        assert said == pytest.approx(spread, rel=0.05)


def test_requests_alone_would_claim_far_too_much() -> None:
    chance = np.random.default_rng(12)
    control, variant = clusters(chance, 2000, 0.3), clusters(chance, 2000, 0.3)
    by_unit = contrast_of(control, variant).error
    naive = contrast_of(_of_requests(control), _of_requests(variant)).error
    assert by_unit > 1.5 * naive


def _of_requests(sums: UnitSums) -> UnitSums:
    successes = int(sums.numerator)
    return sums_of(np.arange(int(sums.denominator)) < successes)


def test_a_negative_control_keeps_the_signs_of_effects() -> None:
    chance = np.random.default_rng(13)
    control, variant = sums_of(chance.normal(-5, 1, 100)), sums_of(chance.normal(-4, 1, 100))
    found = analyse_metric(control, variant, FIXED)
    assert found.effect is not None
    assert found.relative_effect is not None
    assert found.effect > 0
    assert found.relative_effect == pytest.approx(found.effect / 5, rel=0.05)
