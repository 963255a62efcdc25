"""Sums of parts are sums of the whole, and what is no sum is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.stats.types import BlockSums, PreSums, QuantileStat, UnitSums
from tests.experiments.stats.sums import arms, sums_of

WHOLE = st.integers(-1000, 1000)
ROWS = st.lists(st.tuples(WHOLE, WHOLE, WHOLE, WHOLE), max_size=30)


def of_rows(rows: list[tuple[int, int, int, int]]) -> UnitSums:
    return sums_of(*np.array(rows, dtype=float).reshape(-1, 4).T)


@given(one=ROWS, other=ROWS)
def test_two_parts_add_up_to_the_whole(
    one: list[tuple[int, int, int, int]], other: list[tuple[int, int, int, int]]
) -> None:
    assert of_rows(one) + of_rows(other) == of_rows(one + other)


@given(parts=st.tuples(ROWS, ROWS, ROWS))
def test_the_order_of_adding_does_not_matter(
    parts: tuple[list[tuple[int, int, int, int]], ...],
) -> None:
    one, two, three = map(of_rows, parts)
    assert (one + two) + three == one + (two + three) == (three + two) + one


@given(sums=arms())
def test_nothing_added_changes_nothing(sums: UnitSums) -> None:
    assert sums + UnitSums.nothing() == sums
    assert UnitSums.nothing() + sums == sums


def test_with_history_and_without_do_not_add() -> None:
    with pytest.raises(ValueError, match="history"):
        sums_of([1.0], x=[2.0]) + sums_of([1.0])


def test_the_mean_is_numerator_over_denominator_or_nothing() -> None:
    assert sums_of([3, 4], [1, 6]).mean == 1
    assert sums_of([3, 4], [0, 0]).mean is None
    assert UnitSums.nothing().mean is None


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_a_sum_is_a_finite_number(wrong: float) -> None:
    with pytest.raises(ValueError, match="cross"):
        UnitSums(1, 1, 1, 1, 1, wrong)
    with pytest.raises(ValueError, match="dz"):
        PreSums(1, 1, 1, 1, 1, 1, 1, 1, wrong)
    with pytest.raises(ValueError, match="block"):
        BlockSums(0, 0, 0, wrong, 1)
    with pytest.raises(ValueError, match="finite"):
        QuantileStat(1, 1, wrong, 10, 10)


def test_units_are_not_negative() -> None:
    with pytest.raises(ValueError, match="units is -1"):
        UnitSums(-1, 1, 1, 1, 1, 1)


def test_a_quantile_lies_in_its_interval() -> None:
    with pytest.raises(ValueError, match="not between"):
        QuantileStat(5, 1, 2, 10, 10)
