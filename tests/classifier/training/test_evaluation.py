"""What is left of a calibration error by chance."""

import numpy as np
import pytest

from classifier.training.evaluation import calibration_error_by_chance, expected_calibration_error


def test_even_a_perfect_confidence_shows_an_error_by_chance() -> None:
    rng = np.random.default_rng(0)
    few, many = rng.uniform(size=100), rng.uniform(size=10_000)
    by_chance = calibration_error_by_chance(many, np.arange(10_000))
    assert calibration_error_by_chance(few, np.arange(100)) > 3 * by_chance > 0
    is_right = rng.random(10_000) < many
    assert expected_calibration_error(many, is_right) == pytest.approx(by_chance, abs=0.006)


def test_a_text_that_is_judged_again_and_again_is_no_more_texts() -> None:
    confidence = np.random.default_rng(0).uniform(size=100)
    once = calibration_error_by_chance(confidence, np.arange(100))
    again = calibration_error_by_chance(np.tile(confidence, 5), np.tile(np.arange(100), 5))
    others = calibration_error_by_chance(np.tile(confidence, 5), np.arange(500))
    assert again == pytest.approx(once)
    assert others < 0.6 * again
