from collections.abc import Callable
from pathlib import Path

import pytest

from classifier.engine.descriptors import normalize, parse
from classifier.engine.merchants import Merchant, MerchantMatch, Tag
from classifier.engine.merchants.gazetteer import Gazetteer
from classifier.engine.merchants.matching import Matcher
from classifier.engine.merchants.table import read_merchants, read_tags
from classifier.engine.merchants.vocabulary import Vocabulary

DATA = Path(__file__).resolve().parents[4] / "classifier" / "data"
# Does a text, with the payer's country, name anyone?
Find = Callable[..., MerchantMatch | None]


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return Vocabulary.read(DATA / "common_words.txt.gz")


@pytest.fixture(scope="session")
def built_in() -> Gazetteer:
    return Gazetteer(read_merchants(DATA / "merchants.csv.gz"))


@pytest.fixture(scope="session")
def find(built_in: Gazetteer, vocabulary: Vocabulary) -> Find:
    """With the table and the tags that the program comes with."""
    tags = read_tags(DATA / "merchant_tags.csv")
    return finder(Matcher(built_in.under((), (), tags), vocabulary))


@pytest.fixture
def among(vocabulary: Vocabulary) -> Callable[..., Find]:
    """With a few merchants, and the tags given."""

    def find_among(*merchants: Merchant, tags: tuple[Tag, ...] = ()) -> Find:
        return finder(Matcher(Gazetteer(merchants, tags), vocabulary))

    return find_among


def finder(matcher: Matcher) -> Find:
    def find(text: str, country: str = "") -> MerchantMatch | None:
        return matcher.find(parse(normalize(text)), country)

    return find
