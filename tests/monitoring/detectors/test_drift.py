"""Counts of a day against calm days: what is drift, what is not, and what cannot be said."""

import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.detectors.drift import MIN_ROWS, CannotSay, Drift, count_drift, day_allowance

CELLS = 40
random = np.random.default_rng


def mix(seed: int = 0) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = random(seed).dirichlet(np.ones(CELLS) * 2)
    return shares


def drawn(shares: NDArray[np.float64], rows: int, seed: int) -> NDArray[np.int64]:
    return random(seed).multinomial(rows, shares).astype(np.int64)


def calm(rows: int, days: int = 7) -> NDArray[np.int64]:
    return np.array([drawn(mix(), rows, seed) for seed in range(days)])


def measured(now: NDArray[np.int64], days: NDArray[np.int64]) -> Drift:
    found = count_drift(now, days)
    assert isinstance(found, Drift)
    return found


@pytest.mark.parametrize("rows", [300, 1_000, 20_000])
def test_the_same_mix_is_no_drift_at_any_size(rows: int) -> None:
    days = calm(rows)
    ratios = [measured(drawn(mix(), rows, 100 + seed), days).ratio for seed in range(200)]
    assert sum(ratio >= 1 for ratio in ratios) <= 2


def test_of_few_rows_chance_sets_the_threshold_and_of_many_what_matters() -> None:
    few = measured(drawn(mix(), 220, 99), calm(220))
    many = measured(drawn(mix(), 20_000, 99), calm(20_000))
    assert few.threshold == pytest.approx(few.chance + few.between_days)
    assert few.threshold > few.bound
    assert many.threshold == many.bound == 0.1


def test_a_tiny_shift_of_many_rows_is_no_drift_though_a_test_would_find_it() -> None:
    shifted = mix()
    shifted[0] += 0.01
    found = measured(drawn(shifted / shifted.sum(), 200_000, 99), calm(200_000))
    assert found.distance > found.chance
    assert not found.is_drift


def test_another_mix_is_drift() -> None:
    shifted = mix()
    shifted[np.argmin(shifted)] += 0.15
    assert measured(drawn(shifted / shifted.sum(), 2_000, 99), calm(2_000)).is_drift


def week(rows: int, weeks: int = 1) -> NDArray[np.int64]:
    """Five days alike, and two of the weekend with a mix far from theirs."""
    weekend = np.roll(mix(), 3) * 0.5 + mix() * 0.5
    days = [weekend if day % 7 >= 5 else mix() for day in range(7 * weeks)]
    return np.array([drawn(shares, rows, seed) for seed, shares in enumerate(days)])


def test_a_sunday_of_a_week_with_weekends_is_no_drift() -> None:
    calm_days, later = week(5_000), week(5_000, weeks=5)[7:]
    assert measured(later[5], calm(5_000)).is_drift
    assert [measured(day, calm_days).is_drift for day in later] == [False] * len(later)
    assert measured(later[5], calm_days).between_days > 0


def test_three_times_the_volume_is_no_drift() -> None:
    assert measured(drawn(mix(), 6_000, 99), calm(2_000)).ratio < 0.5


def test_too_few_rows_or_days_say_nothing_and_why() -> None:
    few = count_drift(drawn(mix(), MIN_ROWS - 1, 1), calm(1_000))
    assert few == CannotSay("There are 199 rows to measure; 200 are needed.")
    short = count_drift(drawn(mix(), 1_000, 1), calm(1_000, days=4))
    assert isinstance(short, CannotSay)
    assert "4 days" in short.reason


def test_a_single_cell_has_nowhere_to_drift() -> None:
    found = measured(np.array([500]), np.array([[400]] * 7))
    assert (found.distance, found.is_drift) == (0, False)


def test_many_rare_cells_are_replaced_by_others() -> None:
    """None of a hundred is expected ten times."""
    before, after = np.array([5] * 50 + [0] * 50), np.array([0] * 50 + [5] * 50)
    assert measured(after, np.array([before] * 7)).is_drift


def test_one_small_calm_day_hides_nothing() -> None:
    days = np.array([drawn(np.r_[np.full(50, 0.02), np.zeros(50)], rows, seed)
                     for seed, rows in enumerate([100_000] * 6 + [250])])  # fmt: skip
    now = drawn(np.r_[np.full(50, 0.01), np.full(50, 0.01)], 100_000, 99)
    assert measured(now, days).ratio > 5


@pytest.mark.parametrize("small", [1, 2, 3])
def test_small_days_among_large_ones_make_no_drift_of_the_same_mix(small: int) -> None:
    rows = [250] * small + [20_000] * (7 - small)
    days = np.array([drawn(mix(), each, seed) for seed, each in enumerate(rows)])
    found = [
        measured(drawn(mix(), size, 100 + seed), days)
        for seed in range(100)
        for size in (250, 20_000)
    ]
    assert sum(each.is_drift for each in found) <= 2
    assert max(each.between_days for each in found) < 0.2


def test_days_that_differ_by_chance_alone_are_allowed_nothing_more() -> None:
    assert day_allowance([0.01, -0.01, 0.0, 0.005, -0.005], [0.01] * 5) == 0
    assert day_allowance([0.0, 0.0, 0.0, 0.3, 0.3], [0.01] * 5) > 0.3
