"""What speaks for a merchant, one thing at a time."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engine.merchants import Merchant, Tag
from tests.classifier.engine.merchants.conftest import Find

Among = Callable[..., Find]

QUILLON = Merchant("quillon", "Quillon Provisions", "shop=supermarket")
FUEL = Tag("amenity=fuel", "gas station petrol fuel")


def sureness(find: Find, text: str, country: str = "") -> float:
    match = find(text, country)
    return 0.0 if match is None else match.confidence


@pytest.mark.parametrize(
    "text",
    [
        "QUILLON PROVISIONS",
        "Quillon-Provisions #0214",
        "QUILLONPROVISIONS",
        "QUILLON PROVISION",
        "WWW.QUILLONPROVISIONS.COM",
        "THE QUILLON PROVISIONS LTD",
        "QUILLON PROVISIO",
        "QUILLON PROVISOINS",
    ],
)
def test_a_name_is_met_in_each_way_that_tills_write_it(among: Among, text: str) -> None:
    match = among(QUILLON)(text)
    assert match is not None
    assert match.merchant == QUILLON


@pytest.mark.parametrize("text", ["QUILLON", "PROVISIONS", "QUILLIAN PROVIDERS", "Q P"])
def test_part_of_a_name_or_one_alike_is_not_the_name(among: Among, text: str) -> None:
    assert among(QUILLON)(text) is None


def test_the_span_is_of_the_words_that_name_it(among: Among) -> None:
    text = "sq *harrow street quillon provisions oakland"
    match = among(QUILLON)(text)
    assert match is not None
    # Of the canonical text, from which the processor is gone.
    assert "harrow street quillon provisions oakland"[match.start : match.end] == (
        "quillon provisions"
    )


def test_an_exact_name_is_surer_than_one_cut_off_or_misspelt(among: Among) -> None:
    find = among(QUILLON)
    exact = sureness(find, "QUILLON PROVISIONS")
    assert exact > sureness(find, "QUILLON PROVISIO") > 0
    assert exact > sureness(find, "QUILLON PROVISOINS") > 0


def test_a_name_at_the_start_is_surer_than_one_behind_others(among: Among) -> None:
    find = among(QUILLON)
    first = sureness(find, "QUILLON PROVISIONS BAKER WREN")
    assert first > sureness(find, "BAKER WREN QUILLON PROVISIONS")


def test_an_everyday_word_names_somebody_only_where_little_else_is_said(among: Among) -> None:
    find = among(Merchant("compass", "Compass", "shop=outdoor", countries=("us",)))
    alone = sureness(find, "COMPASS 0412", "us")
    assert alone > 0.75 > sureness(find, "COMPASS SERVICES CATERING", "us")


def test_the_country_speaks_for_a_merchant_and_against_it(among: Among) -> None:
    find = among(Merchant("quillon", "Quillon", "shop=supermarket", countries=("fr", "be")))
    there, unknown, elsewhere = (sureness(find, "QUILLON", home) for home in ("fr", "", "us"))
    assert there > unknown > elsewhere


def test_words_about_what_is_sold_choose_among_a_merchants_tags(among: Among) -> None:
    both = Merchant("quillon", "Quillon", "shop=supermarket", other_tags=("amenity=fuel",))
    find = among(both, tags=(FUEL, Tag("shop=supermarket", "supermarket groceries")))
    for text, tag in (("QUILLON PETROL", "amenity=fuel"), ("QUILLON 12", "shop=supermarket")):
        match = find(text)
        assert match is not None
        assert match.tag == tag


def test_a_charging_point_of_the_same_name_comes_last(among: Among) -> None:
    point = Merchant("a", "Quillon", "amenity=charging_station")
    shop = Merchant("b", "Quillon Market", "shop=convenience", aliases=("Quillon",))
    match = among(point, shop)("QUILLON 0412")
    assert match is not None
    assert match.merchant == shop


def test_a_last_word_that_says_what_is_sold_may_be_missing(among: Among) -> None:
    coffee = Merchant("a", "Grey Heron Coffee", "amenity=cafe")
    match = among(coffee)("GREY HERON OAKLAND CA")
    assert match is not None
    assert match.merchant == coffee


@given(text=st.text(max_size=80), country=st.sampled_from(["", "us", "gb"]))
def test_any_text_is_looked_through_and_a_match_lies_inside_it(
    find: Find, text: str, country: str
) -> None:
    from classifier.engine.descriptors import normalize

    match = find(text, country)
    assert match == find(text, country)
    if match is not None:
        assert 0 <= match.start < match.end <= len(normalize(text))
        assert 0.3 <= match.confidence <= 1
