"""Places of name-suggestion-index as countries."""

import pytest

from classifier.merchant_data.countries import countries_of


@pytest.mark.parametrize(
    ("included", "countries"),
    [
        (["gb", "ie"], ("gb", "ie")),
        (["us-ca.geojson", "us-hi"], ("us",)),
        (["gb-lon.geojson"], ("gb",)),
        (["fx", "northern cyprus", "stadtmobil-berlin.geojson"], ("cy", "de", "fr")),
        (["830", "crimea"], ("gg", "je", "ua")),
        (["001"], ()),
        ([], ()),
    ],
)
def test_places_are_countries(included: list[str], countries: tuple[str, ...]) -> None:
    assert countries_of(included) == countries


@pytest.mark.parametrize("place", ["", "q3336843", "atlantis.geojson"])
def test_a_place_that_nobody_knows_is_anywhere(place: str) -> None:
    assert countries_of(["de", place]) == ()


def test_a_country_that_is_left_out_is_none() -> None:
    assert "gb" not in countries_of(["150"], ["gb"])
    assert "fr" in countries_of(["150"], ["gb"])


def test_all_left_out_is_not_anywhere() -> None:
    assert countries_of(["fr"], ["fr"]) == ("fr",)
