"""How far two distributions over the same cells are apart."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from monitoring.detectors.distances import (
    MIN_EXPECTED,
    counted,
    jensen_shannon,
    joined,
    joined_cells,
    population_stability,
    quantile_edges,
)

cells = st.integers(2, 30)
counts = st.integers(0, 10_000)
pairs = cells.flatmap(
    lambda k: st.tuples(
        st.lists(counts, min_size=k, max_size=k), st.lists(counts, min_size=k, max_size=k)
    )
)


@given(pairs)
def test_both_are_finite_symmetric_and_not_negative(pair: tuple[list[int], list[int]]) -> None:
    now, reference = pair
    for distance in (population_stability, jensen_shannon):
        value = distance(now, reference)
        assert math.isfinite(value)
        assert value >= 0
        assert value == pytest.approx(distance(reference, now))
    assert jensen_shannon(now, reference) <= 1


@given(pairs)
def test_a_sample_is_at_no_distance_from_itself(pair: tuple[list[int], list[int]]) -> None:
    assert population_stability(pair[0], pair[0]) == 0
    assert jensen_shannon(pair[0], pair[0]) == 0


def test_the_index_is_what_the_formula_says() -> None:
    now, reference = np.array([500_000, 500_000]), np.array([250_000, 750_000])
    expected = (0.5 - 0.25) * math.log(0.5 / 0.25) + (0.5 - 0.75) * math.log(0.5 / 0.75)
    assert population_stability(now, reference) == pytest.approx(expected, rel=1e-5)


def test_the_distance_is_that_of_scipy() -> None:
    now, reference = np.array([900_000, 50_000, 50_000]), np.array([200_000, 300_000, 500_000])
    assert jensen_shannon(now, reference) == pytest.approx(
        jensenshannon(now, reference, base=2), rel=1e-4
    )


def test_what_is_rare_joins_what_is_rare_and_what_is_frequent_has_its_own_cell() -> None:
    shares = np.array([0.6, 0.002, 0.001, 0.396, 0.001])
    places = joined_cells(shares, 1_000)
    assert places.tolist() == [0, 2, 2, 1, 2]
    assert joined(np.array([600, 2, 0, 398, 1]), places).tolist() == [600, 398, 3]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(200, 5_000))
def test_enough_is_expected_in_every_cell_that_others_join(raw: list[float], rows: int) -> None:
    shares = (np.array(raw) + 0.001) / (np.array(raw) + 0.001).sum()
    places = joined_cells(shares, rows)
    assert sorted(set(places.tolist())) == list(range(places.max() + 1))
    expected = np.bincount(places, weights=rows * shares)
    rare = expected < MIN_EXPECTED
    # One alone may be short of it: where all rare cells together are.
    assert rare.sum() <= 1
    assert not rare.any() or (rows * shares >= MIN_EXPECTED).sum() == places.max()


def test_where_all_cells_are_rare_they_are_not_all_joined() -> None:
    assert joined_cells(np.full(100, 0.01), 250).max() == 24


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=200))
def test_every_value_lies_in_one_cell(values: list[float]) -> None:
    edges = quantile_edges(values)
    assert counted(values, edges).sum() == len(values)
    assert (np.diff(edges) > 0).all()


@given(st.sets(st.floats(-5, 5), min_size=10, max_size=200))
def test_no_cell_is_empty_where_no_value_repeats(values: set[float]) -> None:
    assert (counted(list(values), quantile_edges(list(values))) > 0).all()


@pytest.mark.parametrize("value", [20.0, 0.0, 0.3])
def test_a_value_that_most_have_has_a_cell_with_room_below_and_above(value: float) -> None:
    for rest in ([], [value + 30] * 5, [value - 30] * 5):
        edges = quantile_edges([value] * 95 + rest)
        below, own, above = (counted([each], edges) for each in (value - 1, value, value + 1))
        assert below.argmax() < own.argmax() < above.argmax()


def test_of_whole_numbers_edges_are_whole() -> None:
    assert quantile_edges([20] * 100).tolist() == [20, 21]


def test_deciles_of_a_sample_hold_a_tenth_each() -> None:
    values = np.random.default_rng(0).normal(size=1_000)
    assert counted(values, quantile_edges(values)).tolist() == [100] * 10
