"""A planned number of looks that together spend the level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.stats.group_sequential import boundaries, boundary, repeated_p, spent

# O'Brien-Fleming-type boundaries, two-sided 0.05, equally spaced: Lan, DeMets (1983) and ldbounds.
TABLES = {
    1: (1.9600,),
    2: (2.9626, 1.9686),
    3: (3.7103, 2.5114, 1.9930),
    4: (4.3326, 2.9631, 2.3590, 2.0141),
}


def even(looks: int) -> tuple[float, ...]:
    return tuple((look + 1) / looks for look in range(looks))


@pytest.mark.parametrize("looks", TABLES)
def test_the_boundaries_of_the_tables(looks: int) -> None:
    assert boundaries(even(looks), looks, 0.05) == pytest.approx(TABLES[looks], abs=6e-5)


@pytest.mark.parametrize(
    "information", [(0.1, 0.15, 0.5, 0.55, 1.0), (0.3, 0.31, 0.32, 0.9, 1.0), (0.2, 0.9, 1.3)]
)
def test_uneven_looks_spend_what_they_may(information: tuple[float, ...]) -> None:
    """Half a million random walks stop as often as the spending function says."""
    chance = np.random.default_rng(4)
    steps = np.diff((0.0, *information))
    walks = np.cumsum(chance.normal(size=(500_000, len(steps))) * np.sqrt(steps), axis=1)
    outside = np.abs(walks) / np.sqrt(information) > boundaries(information, len(steps), 0.05)
    stopped = np.maximum.accumulate(outside, axis=1).mean(axis=0)
    allowed = [spent(min(share, 1.0), 0.05) for share in information[:-1]] + [0.05]
    assert stopped == pytest.approx(allowed, abs=0.0012)


def test_the_last_look_spends_what_is_left_even_when_it_comes_early() -> None:
    early = boundaries((0.5, 0.8), 2, 0.05)[-1]
    assert early < boundaries((0.5, 0.8), 3, 0.05)[-1]
    assert early == pytest.approx(1.97, abs=0.01)


def test_a_look_does_not_depend_on_looks_to_come() -> None:
    whole = boundaries(even(5), 5, 0.05)
    assert boundaries(even(5)[:3], 5, 0.05) == pytest.approx(whole[:3])


def test_very_early_there_is_a_boundary_that_nothing_passes() -> None:
    assert 30 < boundary((1e-6,), 5, 0.05) <= 37


@settings(deadline=None, max_examples=25)
@given(alpha=st.floats(0.001, 0.3), looks=st.integers(1, 6), taken=st.integers(1, 6))
def test_the_repeated_p_is_the_level_of_its_boundary(alpha: float, looks: int, taken: int) -> None:
    information = even(looks)[:taken]
    z = boundary(information, looks, alpha)
    expected = max(alpha, 1e-12)
    assert repeated_p(z, information, looks) == pytest.approx(expected, rel=1e-4)
    assert repeated_p(-z, information, looks) == repeated_p(z, information, looks)


def test_without_an_effect_p_is_one_and_far_out_it_is_tiny() -> None:
    assert repeated_p(0.0, (0.5,), 2) == 1
    assert repeated_p(30.0, (0.5,), 2) == pytest.approx(1e-12)


def test_looks_that_do_not_gain_information_are_refused() -> None:
    for information in ((0.5, 0.5), (0.6, 0.4), (0.0, 1.0)):
        with pytest.raises(ValueError, match="information"):
            boundaries(information, 3, 0.05)
