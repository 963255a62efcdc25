"""The table of merchants: what is written by hand goes before what the brands say."""

import os
from pathlib import Path

import pytest

from classifier.engine.merchants.table import write_merchants
from classifier.engine.merchants.types import Merchant
from classifier.exceptions import InputFileError
from classifier.merchant_data.building import MerchantTable, build_table
from tests.classifier.merchant_data.suggestions import FUEL, SUPERMARKET, item, package

DATA = Path(__file__).resolve().parents[3] / "classifier" / "data"
AMAZON = Merchant("amazon", "Amazon", "online=marketplace", ("AMZN",))


def build(folder: Path, *written: Merchant) -> MerchantTable:
    kinds = {
        SUPERMARKET: [
            item("Amazon", ["us"], tags={"brand:wikidata": "Q3884"}, matchNames=["amazon fresh"]),
            item("Mazon", ["us"], matchNames=["amzn", "mazon stores"]),
            item("Mazon", ["se"], matchNames=["amzn"]),
        ],
        FUEL: [item("Shell", ["gb"])],
    }
    write_merchants(folder / "more.csv", written)
    return build_table(package(folder / "index", kinds), folder / "more.csv")


def test_a_written_merchant_replaces_the_brand_of_its_name_and_keeps_what_it_knew(
    tmp_path: Path,
) -> None:
    table = build(tmp_path, AMAZON)
    assert [m for m in table.merchants if m.name == "Amazon"] == [
        Merchant(
            "amazon",
            "Amazon",
            "online=marketplace",
            ("AMZN", "amazon fresh"),
            wikidata_id="Q3884",
            other_tags=("shop=supermarket",),
        )
    ]


def test_a_written_merchant_replaces_the_brand_of_its_key(tmp_path: Path) -> None:
    shell = Merchant("shell-Shell-Shell-gb", "Shell Oil", "amenity=fuel", countries=("gb",))
    table = build(tmp_path, shell)
    shells = [merchant for merchant in table.merchants if "Shell" in merchant.name]
    assert [(shell.name, shell.aliases) for shell in shells] == [("Shell Oil", ("Shell",))]


def test_a_written_merchant_of_a_country_replaces_the_brand_of_its_other_name(
    tmp_path: Path,
) -> None:
    mazon = Merchant("mazon", "Mazon Foods", "office=company", ("mazon",), ("us",))
    table = build(tmp_path, mazon)
    names = {(m.name, m.countries) for m in table.merchants if "Mazon" in m.name}
    assert names == {("Mazon Foods", ("us",)), ("Mazon", ("se",))}


def test_no_brand_there_keeps_an_alias_that_is_a_written_name(tmp_path: Path) -> None:
    aliases = {
        merchant.countries: merchant.aliases
        for merchant in build(
            tmp_path, Merchant("amazon", "Amazon", "online=marketplace", ("AMZN",), ("us",))
        ).merchants
        if merchant.name == "Mazon"
    }
    assert aliases == {("us",): ("mazon stores",), ("se",): ("amzn",)}


def test_two_written_merchants_of_one_name_in_one_country_are_refused(tmp_path: Path) -> None:
    other = Merchant("amzn", "Amazon River", "office=company", ("amzn",), ("br",))
    with pytest.raises(InputFileError, match="amazon and amzn are both called 'amzn'"):
        build(tmp_path, AMAZON, other)


def test_counts_tell_the_sources(tmp_path: Path) -> None:
    table = build(tmp_path, AMAZON)
    assert (table.brand_count, table.written_count) == (3, 1)
    assert table.code_count == len(table.merchants) - 4
    assert table.source_version == "1.2.3"


def test_merchants_are_sorted_by_keys_of_their_own(tmp_path: Path) -> None:
    keys = [merchant.key for merchant in build(tmp_path, AMAZON).merchants]
    assert keys == sorted(set(keys))


if SOURCE := os.environ.get("TXCAT_NAME_SUGGESTION_INDEX"):
    PACKAGE = Path(SOURCE)

    def test_the_committed_table_is_what_its_sources_give(tmp_path: Path) -> None:
        table = build_table(PACKAGE, DATA / "more_merchants.csv")
        write_merchants(tmp_path / "merchants.csv.gz", table.merchants)
        rebuilt = (tmp_path / "merchants.csv.gz").read_bytes()
        assert rebuilt == (DATA / "merchants.csv.gz").read_bytes()
