"""Data that cannot be trusted: each check fails where it should and says why."""

import numpy as np
import pytest

from experiments.stats.srm import feedback_rate, multiple_exposure, sample_ratio
from experiments.stats.types import CannotSay, UnitSums
from tests.experiments.stats.sums import sums_of


def test_500_to_600_is_not_yet_a_mismatch() -> None:
    found = sample_ratio([500, 600], [0.5, 0.5])
    assert found.p_value == pytest.approx(0.002569, abs=5e-7)
    assert not found.is_failed
    assert found.sentence == (
        "The split is as planned: 500 and 600 units where 550 and 550 were expected."
    )


def test_a_mismatch_fails_and_says_by_how_much() -> None:
    found = sample_ratio([5000, 5400], [1, 1])
    assert found.is_failed
    assert found.sentence == (
        "The split is not as planned: 5,000 and 5,400 units where 5,200 and 5,200 were expected "
        "(p < 0.0001)."
    )


def test_with_fewer_than_5_expected_it_cannot_say() -> None:
    for observed in ([9, 0], [0, 0], [2, 3]):
        found = sample_ratio(observed, [9, 1])
        assert (found.is_failed, found.reason) == (False, CannotSay.TOO_FEW_EXPECTED)


def test_a_variant_of_weight_0_is_no_cell_and_may_have_no_units() -> None:
    assert sample_ratio([500, 600, 0], [1, 1, 0]).p_value == pytest.approx(0.002569, abs=5e-7)
    assert sample_ratio([500, 500, 1], [1, 1, 0]).is_failed


@pytest.mark.parametrize(
    ("observed", "weights"),
    [([1, 2], [1]), ([-1, 2], [1, 1]), ([1, 2], [1, -1]), ([], []), ([5, 5], [1, 0])],
)
def test_counts_and_weights_that_do_not_fit_are_refused(
    observed: list[int], weights: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"weights|zip"):
        sample_ratio(observed, weights)


def test_one_unit_in_a_hundred_may_be_in_several_variants() -> None:
    assert not multiple_exposure(1000, 10).is_failed
    found = multiple_exposure(1000, 11)
    assert found.is_failed
    assert found.sentence.startswith("1.1% of the units were served by more than one variant")
    assert multiple_exposure(0, 0).reason is CannotSay.NO_DATA
    with pytest.raises(ValueError, match="several"):
        multiple_exposure(5, 6)


def asked(seed: int, rate: float, units: int = 2000) -> UnitSums:
    chance = np.random.default_rng(seed)
    predictions = chance.poisson(10, units) + 1
    eager = chance.beta(20 * rate, 20 * (1 - rate), units)
    return sums_of(chance.binomial(predictions, eager), predictions)


def test_feedback_given_less_often_in_one_variant_fails() -> None:
    found = feedback_rate(asked(1, 0.10), [asked(2, 0.10), asked(3, 0.07)])
    assert found.is_failed
    assert found.sentence.startswith("Feedback is not given alike: 6.8")
    assert "of the control's (p < 0.0001)" in found.sentence


def test_feedback_given_alike_passes() -> None:
    found = feedback_rate(asked(1, 0.10), [asked(2, 0.10), asked(4, 0.10)])
    assert not found.is_failed
    assert found.sentence.startswith("Feedback is given alike")


def test_without_feedback_it_cannot_say() -> None:
    found = feedback_rate(UnitSums.nothing(), [UnitSums.nothing()])
    assert (found.is_failed, found.reason) == (False, CannotSay.NO_DATA)
    assert feedback_rate(asked(1, 0.1), []).reason is CannotSay.NO_DATA
