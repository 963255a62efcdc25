"""Two versions are compared on the texts that both have."""

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from classifier.training.paired import CannotSay, PairedComparison, compare_right, mid_p

TEXTS: st.SearchStrategy[Hashable] = st.integers(0, 60)
RIGHT = st.dictionaries(TEXTS, st.booleans(), max_size=60)


def test_what_one_has_alone_is_not_counted() -> None:
    found = compare_right(
        {("a", "food"): True, ("b", "food"): True, ("c", "food"): False, ("d", "food"): True},
        {("a", "food"): True, ("b", "food"): False, ("c", "food"): False, ("d", "rent"): False},
    )
    assert isinstance(found, PairedComparison)
    assert (found.texts, found.both_right, found.only_one, found.only_other) == (3, 1, 1, 0)
    assert (found.one_accuracy, found.other_accuracy) == (2 / 3, 1 / 3)
    assert found.difference == pytest.approx(1 / 3)


def test_without_a_text_in_common_it_says_why_it_cannot_say() -> None:
    found = compare_right({("a", "food"): True}, {("a", "rent"): True})
    assert found == CannotSay("They have no text in common that is of one category in both.")


def test_the_published_example_has_its_published_p() -> None:
    """Fagerland et al. (2013), table 1: 1 and 7 of 21 pairs are discordant; mid-p 0.039."""
    assert mid_p(1, 7) == pytest.approx(0.039, abs=5e-4)


@given(one=st.integers(0, 400), other=st.integers(0, 400))
def test_it_is_the_exact_p_less_half_of_what_is_as_likely(one: int, other: int) -> None:
    n = one + other
    exact = binomtest(one, n).pvalue if n else 1.0
    tie = binom.pmf(one, n, 0.5) * (1.0 if one != other else 0.5)
    expected = exact - tie if n else 1.0
    assert mid_p(one, other) == pytest.approx(expected, rel=1e-7, abs=1e-300)
    assert mid_p(one, other) == mid_p(other, one)


@given(one=RIGHT, other=RIGHT)
def test_the_other_way_round_the_difference_turns(
    one: dict[Hashable, bool], other: dict[Hashable, bool]
) -> None:
    found, turned = compare_right(one, other), compare_right(other, one)
    if isinstance(found, CannotSay):
        assert turned == found
        return
    assert isinstance(turned, PairedComparison)
    assert found.low - 1e-9 <= found.difference <= found.high + 1e-9
    assert (turned.difference, turned.p_value) == (-found.difference, found.p_value)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)
