"""Whom name-suggestion-index knows: kinds, names, and one brand once."""

from pathlib import Path

import pytest

from tests.classifier.merchant_data.suggestions import FUEL, SUPERMARKET, found, item

TESCO = {"brand:wikidata": "Q487494"}


@pytest.mark.parametrize(
    "path",
    [
        "brands/advertising/totem",
        "brands/amenity/atm",
        "brands/amenity/parcel_locker",
        "brands/amenity/post_depot",
        "flags/man_made/flagpole",
        "operators/power/tower",
        "operators/power/substation",
        "transit/highway/bus_stop",
    ],
)
def test_what_nobody_pays_is_left_out(tmp_path: Path, path: str) -> None:
    assert found(tmp_path, {path: [item("Amazon", ["de"])]}) == []


@pytest.mark.parametrize(
    ("path", "tags", "tag"),
    [
        (SUPERMARKET, {}, "shop=supermarket"),
        (
            "brands/amenity/fast_food",
            {"cuisine": "pizza;burger"},
            "amenity=fast_food;cuisine=pizza",
        ),
        ("brands/shop/clothes", {"clothes": "women"}, "shop=clothes"),
        ("brands/man_made/charge_point", {}, "amenity=charging_station"),
        ("brands/amenity/cafe", {"cuisine": "coffee_shop"}, "amenity=cafe;cuisine=coffee_shop"),
        ("operators/amenity/parking", {}, "amenity=parking"),
        ("operators/office/water_utility", {}, "office=utility;utility=water"),
        ("transit/route/light_rail", {}, "route=tram"),
    ],
)
def test_a_kind_of_place_becomes_a_tag(
    tmp_path: Path, path: str, tags: dict[str, str], tag: str
) -> None:
    (merchant,) = found(tmp_path, {path: [item("Acme", ["us"], tags=tags)]})
    assert merchant.tag == tag


def test_one_wikidata_id_is_one_merchant_of_what_is_bought_there_most(tmp_path: Path) -> None:
    (tesco,) = found(
        tmp_path,
        {
            FUEL: [item("Tesco", ["gb", "cz"], tags=TESCO, matchNames=["tesco petrol station"])],
            "brands/amenity/charging_station": [item("Tesco", ["gb"], tags=TESCO)],
            SUPERMARKET: [item("Tesco", ["gb"], tags=TESCO)],
        },
    )
    assert tesco.tag == "shop=supermarket"
    assert tesco.other_tags == ("amenity=fuel", "amenity=charging_station")
    assert tesco.aliases == ("tesco petrol station",)
    assert tesco.countries == ("cz", "gb")
    assert tesco.wikidata_id == "Q487494"


def test_a_part_of_a_brand_does_not_give_it_its_name(tmp_path: Path) -> None:
    ikea = {"brand:wikidata": "Q54078"}
    (merchant,) = found(
        tmp_path,
        {
            "brands/amenity/fast_food": [item("IKEA Restaurant", tags=ikea)],
            "brands/shop/furniture": [item("IKEA", tags=ikea)],
        },
    )
    assert (merchant.name, merchant.tag) == ("IKEA", "shop=furniture")
    assert merchant.other_tags == ("amenity=fast_food",)


def test_two_wikidata_ids_are_two_businesses_of_one_name(tmp_path: Path) -> None:
    merchants = found(
        tmp_path,
        {
            SUPERMARKET: [item("Metro", ["ca"], tags={"brand:wikidata": "Q1145669"})],
            "brands/shop/shoes": [item("Metro", ["ca"], tags={"brand:wikidata": "Q16938284"})],
        },
    )
    assert [merchant.tag for merchant in merchants] == ["shop=supermarket", "shop=shoes"]


def test_a_supermarket_covers_the_fuel_of_its_name_whatever_the_id(tmp_path: Path) -> None:
    (walmart,) = found(
        tmp_path,
        {
            FUEL: [item("Walmart", ["us"], tags={"brand:wikidata": "Q62606411"})],
            "brands/shop/department_store": [
                item("Walmart", ["us"], tags={"brand:wikidata": "Q483551"})
            ],
        },
    )
    assert walmart.tag == "shop=department_store"
    assert walmart.wikidata_id == "Q483551"
    assert walmart.other_tags == ("amenity=fuel",)


def test_one_without_an_id_joins_its_name_in_its_country_alone(tmp_path: Path) -> None:
    merchants = found(
        tmp_path,
        {
            FUEL: [item("Tesco", ["gb"]), item("Tesco", ["nz"])],
            SUPERMARKET: [item("Tesco", ["gb"], tags=TESCO)],
        },
    )
    assert {(merchant.tag, merchant.countries) for merchant in merchants} == {
        ("amenity=fuel", ("nz",)),
        ("shop=supermarket", ("gb",)),
    }


def test_the_name_is_latin_and_the_native_one_an_alias(tmp_path: Path) -> None:
    tags = {"brand:en": "FamilyMart", "name:ja": "ファミリーマート"}
    (merchant,) = found(
        tmp_path, {"brands/shop/convenience": [item("ファミリーマート", ["jp"], tags=tags)]}
    )
    assert merchant.name == "FamilyMart"
    assert merchant.aliases == ("ファミリーマート",)


def test_what_tells_two_of_one_name_apart_is_no_part_of_it(tmp_path: Path) -> None:
    (merchant,) = found(tmp_path, {SUPERMARKET: [item("Metro (Ontario)", ["ca"])]})
    assert merchant.name == "Metro"


def test_aliases_of_one_letter_and_generic_ones_are_dropped(tmp_path: Path) -> None:
    tags = {"alt_name": "X;Shops;Supermarket;ALDI;Aldi's", "short_name": "AL"}
    (merchant,) = found(tmp_path, {SUPERMARKET: [item("Aldi", ["de"], tags=tags)]})
    assert merchant.aliases == ("Aldi's", "AL")


def test_a_generic_name_is_no_merchant(tmp_path: Path) -> None:
    assert found(tmp_path, {SUPERMARKET: [item("Shops", ["de"])]}) == []


def test_an_operator_is_an_alias_where_it_is_of_the_brand(tmp_path: Path) -> None:
    merchants = found(
        tmp_path,
        {
            SUPERMARKET: [
                item("Aldi", ["de"], tags={"operator": "Aldi Nord GmbH"}),
                item("Spar", ["za"], tags={"operator": "Smith Holdings"}),
            ]
        },
    )
    assert [merchant.aliases for merchant in merchants] == [("Aldi Nord GmbH",), ()]


def test_operators_and_networks_from_far_away_stay_out(tmp_path: Path) -> None:
    assert (
        found(
            tmp_path,
            {
                "operators/amenity/school": [item("San Narciso District", ["ph"])],
                "transit/route/bus": [item("Linia 7", ["pl"])],
            },
        )
        == []
    )


def test_a_network_of_no_known_country_keeps_the_name_that_tells_it_apart(tmp_path: Path) -> None:
    houston = item("Metro (Houston)", [[-95.4, 29.8, 50]], matchNames=["houston metro"])
    houston["tags"] = {"network": "Metro", "network:wikidata": "Q5015387"}
    (metro,) = found(tmp_path, {"transit/route/bus": [houston]})
    assert (metro.name, metro.aliases) == ("Metro (Houston)", ("houston metro",))


def test_a_council_that_runs_schools_is_an_authority(tmp_path: Path) -> None:
    school = {"operators/amenity/school": [item("Devon County Council", ["gb"])]}
    (council,) = found(tmp_path, school)
    assert council.tag == "office=government"
