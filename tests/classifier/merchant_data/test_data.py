"""The committed tables: what they hold, and that they fit one another."""

import re
from collections import Counter
from pathlib import Path

import pytest

from classifier.engine.merchants.table import read_merchants, read_tags
from classifier.engine.merchants.types import Merchant
from classifier.merchant_data.names import plain_name
from classifier.merchant_data.ranks import main_tag

DATA = Path(__file__).resolve().parents[3] / "classifier" / "data"
TABLE = DATA / "merchants.csv.gz"
MERCHANTS = read_merchants(TABLE)
WRITTEN = read_merchants(DATA / "more_merchants.csv")
TAGS = read_tags(DATA / "merchant_tags.csv")
SLUGS = set(re.findall(r"slug: (\S+)", (DATA / "taxonomy.yaml").read_text()))


def named(name: str, country: str) -> list[Merchant]:
    return [
        merchant
        for merchant in MERCHANTS
        if plain_name(name) in map(plain_name, (merchant.name, *merchant.aliases))
        and (not merchant.countries or country in merchant.countries)
    ]


def test_the_table_is_small_and_large_enough() -> None:
    assert TABLE.stat().st_size <= 3_000_000
    assert len(MERCHANTS) > 18_000
    assert len(WRITTEN) >= 600


def test_every_written_merchant_is_in_the_table() -> None:
    assert {merchant.key for merchant in WRITTEN} <= {merchant.key for merchant in MERCHANTS}


def test_every_main_tag_has_words() -> None:
    tags = {main_tag(tag) for m in MERCHANTS for tag in (m.tag, *m.other_tags)}
    assert tags - {tag.tag for tag in TAGS} == set()


def test_words_are_few_and_categories_exist() -> None:
    assert [tag for tag in TAGS if not 2 <= len(tag.words.split()) <= 8] == []
    assert {tag.category for tag in TAGS} - SLUGS - {""} == set()


def test_no_name_is_written_twice_in_one_merchant() -> None:
    twice = [
        merchant.key
        for merchant in MERCHANTS
        if max(Counter(map(plain_name, (merchant.name, *merchant.aliases))).values()) > 1
    ]
    assert twice == []


@pytest.mark.parametrize(
    ("name", "country", "tag"),
    [
        ("AMAZON", "us", "online=marketplace"),
        ("AMZN MKTP", "gb", "online=marketplace"),
        ("WALMART", "us", "shop=supermarket"),
        ("7-ELEVEN", "us", "shop=convenience"),
        ("COSTCO WHSE", "ca", "shop=wholesale"),
        ("CVS", "us", "amenity=pharmacy"),
        ("SHELL", "gb", "amenity=fuel"),
        ("TESCO PFS", "gb", "shop=supermarket"),
        ("COLES EXPRESS", "au", "amenity=fuel"),
        ("IKEA", "de", "shop=furniture"),
        ("HOME DEPOT", "us", "shop=doityourself"),
        ("BOOTS", "gb", "amenity=pharmacy"),
        ("WHSMITH", "gb", "shop=newsagent"),
        ("UPS", "us", "office=courier"),
        ("UBER", "us", "amenity=taxi"),
        ("UBER EATS", "us", "online=food_delivery"),
        ("DD DOORDASH", "us", "online=food_delivery"),
        ("NETFLIX.COM", "nl", "online=streaming"),
        ("FACEBK", "us", "online=advertising"),
        ("APPLE.COM/BILL", "us", "online=app_store"),
        ("HMRC", "gb", "office=tax"),
        ("WOOLWORTHS", "za", "shop=supermarket"),
        ("WOOLWORTHS", "au", "shop=supermarket"),
    ],
)
def test_a_well_known_name_is_one_merchant_of_the_right_kind(
    name: str, country: str, tag: str
) -> None:
    assert [merchant.tag for merchant in named(name, country)] == [tag]
