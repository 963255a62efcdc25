"""What GrowthBook's gbstats, the papers and the tables say comes out here as well.

gbstats tests a relative effect, and tunes its sequences at 5,000 units.
"""

import pytest

from experiments.stats.analysis import analyse_metric
from experiments.stats.contrast import Contrast, arm_of, between
from experiments.stats.group_sequential import boundaries
from experiments.stats.hypothesis import t_test_p
from experiments.stats.sequential import sequence_multiple
from experiments.stats.types import AnalysisSpec, Method
from tests.experiments.stats.sums import mean_sums, share_sums

CONTROL = mean_sums(1396.87, 52_377.9767, 3407)
VARIANT = mean_sums(2422.7, 134_698.29, 3461)
FIXED = AnalysisSpec(method=Method.FIXED)
DIGITS = 5e-6


def test_welch_absolute() -> None:
    found = analyse_metric(CONTROL, VARIANT, FIXED)
    assert found.effect == pytest.approx(0.29, abs=DIGITS)
    assert found.low == pytest.approx(0.04538, abs=DIGITS)
    assert found.high == pytest.approx(0.53462, abs=DIGITS)
    assert found.p_value == pytest.approx(0.02016, abs=DIGITS)


def test_welch_relative() -> None:
    contrast = between(arm_of(CONTROL), arm_of(VARIANT))  # type: ignore[arg-type]
    assert isinstance(contrast, Contrast)
    assert contrast.relative_effect == pytest.approx(0.70732, abs=DIGITS)
    assert contrast.relative_error is not None
    t = 0.7073171 / contrast.relative_error
    assert t_test_p(t, contrast.degrees) == pytest.approx(0.06191, abs=DIGITS)


def test_sequential_relative_of_shares() -> None:
    spec = AnalysisSpec(method=Method.SEQUENTIAL, is_proportion=True, planned_units=5000)
    found = analyse_metric(share_sums(1396, 3000), share_sums(2422, 3461), spec)
    assert found.relative_effect == pytest.approx(0.50386, abs=DIGITS)
    assert found.relative_low == pytest.approx(0.40098, abs=DIGITS)
    assert found.relative_high == pytest.approx(0.60675, abs=DIGITS)


def test_chance_to_win_of_shares() -> None:
    spec = AnalysisSpec(method=Method.FIXED, is_proportion=True)
    found = analyse_metric(share_sums(49, 100), share_sums(51, 100), spec)
    assert found.chance_to_win == pytest.approx(0.60918, abs=DIGITS)


def test_obrien_fleming_boundaries_of_five_looks() -> None:
    found = boundaries((0.2, 0.4, 0.6, 0.8, 1.0), 5, 0.05)
    assert found == pytest.approx((4.8769, 3.3570, 2.6803, 2.2898, 2.0310), abs=5e-5)


def test_a_confidence_sequence_of_variance_one() -> None:
    half = sequence_multiple(0.05, 1000, 1000) * (1 / 1000) ** 0.5
    assert half == pytest.approx(0.0959817, abs=5e-8)
