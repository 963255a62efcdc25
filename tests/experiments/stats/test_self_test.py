"""An A/A test on traffic that was measured: sound methods seldom alarm."""

import numpy as np
import pytest

from experiments.stats.self_test import MOST_UNITS, SelfTest, run_self_test
from experiments.stats.types import CannotSay


def traffic(units: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(31)
    d = chance.poisson(chance.gamma(2, 5, units)) + 1
    return chance.binomial(d, chance.beta(2, 6, units)), d


def test_both_methods_keep_their_promise() -> None:
    found = run_self_test(*traffic(3000), repetitions=400)
    assert isinstance(found, SelfTest)
    assert found.fixed.low <= 0.05 <= found.fixed.high
    assert found.sequential.share <= 0.05
    assert found.sequential.low < found.sequential.share < found.sequential.high
    assert (found.units, found.looks, found.fixed.repetitions) == (3000, 10, 400)


def test_the_same_seed_gives_the_same_figures() -> None:
    one, same, other = (
        run_self_test(*traffic(500), repetitions=50, seed=seed, alpha=0.2) for seed in (1, 1, 2)
    )
    assert one == same != other


def test_more_traffic_than_needed_is_sampled() -> None:
    found = run_self_test(*traffic(MOST_UNITS + 5000), repetitions=2)
    assert isinstance(found, SelfTest)
    assert found.units == MOST_UNITS


def test_too_little_or_constant_traffic_cannot_say() -> None:
    assert run_self_test([], []) is CannotSay.NO_DATA
    assert run_self_test(*traffic(119)) is CannotSay.TOO_FEW_UNITS
    assert run_self_test(np.ones(500), np.ones(500)) is CannotSay.NO_VARIANCE
    assert run_self_test(np.zeros(500), np.zeros(500)) is CannotSay.NO_DENOMINATOR


def test_arrays_that_do_not_fit_and_too_much_work_are_refused() -> None:
    for y, d in (([1, 2], [1]), ([float("nan")], [1]), ([[1]], [[1]])):
        with pytest.raises(ValueError, match="Numerators"):
            run_self_test(y, d)
    for wrong in ({"repetitions": 2001}, {"looks": 101}, {"repetitions": 0}):
        with pytest.raises(ValueError, match="repetitions"):
            run_self_test(*traffic(200), **wrong)
