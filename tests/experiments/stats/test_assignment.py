"""A unit's variant is a function of salt and unit: published, uniform, independent, sticky."""

import itertools
from collections import Counter
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from experiments.stats.assignment import is_included, share_of, variant_of

TEXT = st.text(st.characters(exclude_categories=[]), max_size=40)
UNITS = {
    "sequential ids": [f"user-{number}" for number in range(1, 20_001)],
    "numbers": [str(number) for number in range(20_000)],
    "random ids": [blake2b(str(number).encode()).hexdigest()[:32] for number in range(20_000)],
}
SALTS = [f"experiment-{number}" for number in range(8)]
# 48 tests at most on one set of draws, all on fixed seeds.
SMALLEST_P = 1e-4
# share_of(salt, purpose, unit), our own vectors.
VECTORS = [
    ("salt", "traffic", "user-1", 0.027123227663074068),
    ("salt", "variant", "user-1", 0.026780442665262028),
    ("salt", "variant", "user-2", 0.8342062832913971),
    ("", "", "", 0.14432693769931393),
    ("sel", "variant", "Zoë\0\ud800", 0.15599259862485837),
]


@pytest.mark.parametrize(("salt", "purpose", "unit", "share"), VECTORS)
def test_the_share_is_the_published_one(salt: str, purpose: str, unit: str, share: float) -> None:
    assert share_of(salt, purpose, unit) == share


def test_the_hashed_bytes_are_the_documented_ones() -> None:
    data = b"\0\0\0\4salt\0\0\0\7variant\0\0\0\6user-2"
    number = int.from_bytes(blake2b(data, digest_size=8).digest(), "big")
    assert share_of("salt", "variant", "user-2") == (number >> 11) / 2**53


@given(salt=TEXT, unit=TEXT)
def test_any_text_has_a_share_and_keeps_it(salt: str, unit: str) -> None:
    share = share_of(salt, "variant", unit)
    assert 0 <= share < 1
    assert share_of(salt, "variant", unit) == share


@pytest.mark.parametrize("unit", ["x" * 10_240, "Ł" * 10_240, "a\0b", "\ud800", "", "名前"])
def test_odd_unit_ids_get_a_variant(unit: str) -> None:
    assert variant_of("salt", unit, (0.5, 0.5)) in (0, 1)


def test_parts_are_not_confused_where_one_ends() -> None:
    assert share_of("ab", "c", "d") != share_of("a", "bc", "d") != share_of("a", "b", "cd")
    assert share_of("a", "b", "\0c") != share_of("a", "b\0", "c")


@pytest.mark.parametrize("kind", UNITS)
@pytest.mark.parametrize("salt", SALTS)
def test_shares_are_uniform(kind: str, salt: str) -> None:
    counts = Counter(int(100 * share_of(salt, "variant", unit)) for unit in UNITS[kind])
    assert chisquare([counts[place] for place in range(100)]).pvalue > SMALLEST_P


@pytest.mark.parametrize("kind", UNITS)
def test_one_experiment_tells_nothing_of_another(kind: str) -> None:
    for one, other in itertools.pairwise(SALTS):
        assert _independent(
            [
                (variant_of(one, unit, (1, 1, 1)), variant_of(other, unit, (1, 1, 1)))
                for unit in UNITS[kind]
            ]
        )


@pytest.mark.parametrize("kind", UNITS)
@pytest.mark.parametrize("salt", SALTS)
def test_whether_a_unit_is_in_tells_nothing_of_its_variant(kind: str, salt: str) -> None:
    assert _independent(
        [(is_included(salt, unit, 0.3), variant_of(salt, unit, (1, 1))) for unit in UNITS[kind]]
    )


def _independent(pairs: list[tuple[int, int]]) -> bool:
    counts = Counter(pairs)
    firsts, seconds = ({pair[place] for pair in pairs} for place in (0, 1))
    cells = [[counts[one, other] for other in sorted(seconds)] for one in sorted(firsts)]
    return bool(chi2_contingency(cells).pvalue > SMALLEST_P)


def test_neighbours_tell_nothing_of_each_other() -> None:
    variants = [variant_of("salt", unit, (1, 1)) for unit in UNITS["sequential ids"]]
    assert _independent(list(itertools.pairwise(variants)))


@pytest.mark.parametrize("weights", [(0.9, 0.1), (1, 2, 3, 4), (50, 25, 25)])
def test_variants_are_drawn_by_their_weights(weights: tuple[float, ...]) -> None:
    units = UNITS["sequential ids"]
    counts = Counter(variant_of("salt", unit, weights) for unit in units)
    expected = [len(units) * weight / sum(weights) for weight in weights]
    found = [counts[index] for index in range(len(weights))]
    assert chisquare(found, expected).pvalue > SMALLEST_P


def test_a_variant_without_weight_gets_nobody() -> None:
    for weights in ((0, 1, 0), (0, 0, 3), (1, 0, 0)):
        found = {variant_of("salt", f"user-{number}", weights) for number in range(2000)}
        assert found == {max(range(3), key=lambda index: weights[index])}


@pytest.mark.parametrize("weights", [(), (0, 0), (-1, 2), (float("nan"), 1), (float("inf"), 1)])
def test_weights_that_say_nothing_are_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="Weights"):
        variant_of("salt", "user", weights)


def test_as_the_ramp_goes_up_nobody_drops_out_and_nobody_is_moved() -> None:
    units = UNITS["sequential ids"]
    ramp = (0.0, 0.01, 0.05, 0.25, 0.5, 1.0)
    inside = [{unit for unit in units if is_included("salt", unit, share)} for share in ramp]
    assert all(early <= late for early, late in itertools.pairwise(inside))
    assert [len(found) / len(units) for found in inside] == pytest.approx(ramp, abs=0.01)
    assert inside[0] == set()
    assert inside[-1] == set(units)


@given(unit=TEXT, low=st.floats(0, 1), high=st.floats(0, 1))
def test_who_is_in_at_a_share_is_in_at_a_higher_one(unit: str, low: float, high: float) -> None:
    low, high = sorted((low, high))
    assert is_included("salt", unit, low) <= is_included("salt", unit, high)
