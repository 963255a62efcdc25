"""The table of cities: how it is built, and what it finds."""

from pathlib import Path

import pytest
from django.core.management import call_command

from classifier.engine.descriptors.places import Place, Places, load_places, place_key
from classifier.management.commands.build_places import PATH
from classifier.training.places import City, build_places

CITIES = [
    City("London", "GB", "ENG", 8_000_000),
    City("London", "CA", "08", 400_000),
    City("Saint Albans", "GB", "ENG", 40_000),
    City("Düren", "DE", "07", 90_000),
    City("Hamlet", "GB", "ENG", 4_999),
    City("Osaka", "JP", "32", 2_000_000),
]


def test_building_again_gives_the_committed_bytes(tmp_path: Path) -> None:
    output = tmp_path / "places.csv.gz"
    call_command("build_places", output=output)
    assert output.read_bytes() == PATH.read_bytes()


def test_the_order_of_the_cities_does_not_matter() -> None:
    assert build_places(CITIES) == build_places(reversed(CITIES))


def test_the_table_is_below_a_megabyte() -> None:
    assert PATH.stat().st_size < 1_000_000


@pytest.fixture(scope="module")
def places() -> Places:
    return Places(build_places(CITIES))


def test_the_most_populous_city_of_a_name_comes_first(places: Places) -> None:
    assert places.find("london") == (Place("gb", "ENG", 2), Place("ca", "ON", 2))


@pytest.mark.parametrize("key", ["duren", "dueren"])
def test_an_umlaut_is_found_in_both_spellings(places: Places, key: str) -> None:
    assert places.find(key) == (Place("de", "NW", 1),)


def test_a_saint_is_found_abbreviated(places: Places) -> None:
    assert places.find("st albans") == places.find("saint albans") != ()


@pytest.mark.parametrize("key", ["hamlet", "osaka"])
def test_small_cities_and_other_countries_are_left_out(places: Places, key: str) -> None:
    assert places.find(key) == ()


@pytest.mark.parametrize(
    ("name", "key"),
    [("Stoke-on-Trent", "stoke on trent"), ("St. John's", "st johns"), ("KÖLN", "koln")],
)
def test_a_key_has_no_case_accent_point_or_hyphen(name: str, key: str) -> None:
    assert place_key(name) == key


def test_a_name_that_was_cut_off_is_completed_where_one_name_fits() -> None:
    assert load_places().complete("san francis") == "san francisco"
    assert load_places().complete("san ") == ""
    assert load_places().complete("spring") == ""


def test_the_table_is_read_once_a_process() -> None:
    assert load_places() is load_places()
