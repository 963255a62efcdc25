"""How far two distributions over the same cells are apart."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from monitoring.detectors.distances import (
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


def test_what_is_rare_on_both_sides_shares_a_cell_and_what_is_new_has_its_own() -> None:
    now = np.array([600, 2, 0, 398, 1])
    days = np.array([[999, 1, 1, 0, 0]] * 5)
    places = joined_cells(now, days)
    assert places.tolist() == [0, 2, 2, 1, 2]
    assert joined(now, places).tolist() == [600, 398, 3]


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=200))
def test_every_value_lies_in_one_cell(values: list[float]) -> None:
    edges = quantile_edges(values)
    cells = counted(values, edges)
    assert cells.sum() == len(values)
    assert (cells > 0).all()
    assert (np.diff(edges) > 0).all()


def test_deciles_of_a_sample_hold_a_tenth_each() -> None:
    values = np.random.default_rng(0).normal(size=1_000)
    assert counted(values, quantile_edges(values)).tolist() == [100] * 10
