"""What is left of a calibration error by chance."""

import numpy as np
import pytest

from classifier.training.evaluation import calibration_error_by_chance, expected_calibration_error


def test_even_a_perfect_confidence_shows_an_error_by_chance() -> None:
    rng = np.random.default_rng(0)
    few, many = rng.uniform(size=100), rng.uniform(size=10_000)
    assert calibration_error_by_chance(few) > 3 * calibration_error_by_chance(many) > 0
    is_right = rng.random(10_000) < many
    assert expected_calibration_error(many, is_right) == pytest.approx(
        calibration_error_by_chance(many), abs=0.006
    )
