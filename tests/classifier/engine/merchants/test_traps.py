"""Names that were mistaken, or may be, with the table that the program comes with."""

import pytest

from classifier.engine.merchants.matching import sure
from tests.classifier.engine.merchants.conftest import Find

NAMED = [
    ("AMAZON.COM*RT4KL0YZ3", "us", "Amazon", "online=marketplace"),
    ("AMZN Mktp US*2A3B4C", "us", "Amazon", "online=marketplace"),
    ("SQ *BLUE BOTTLE 0423 OAKLAND CA", "", "Blue Bottle Coffee", "amenity=cafe"),
    ("STARBUCKS STORE 0423 SEATTLE WA", "", "Starbucks", "amenity=cafe"),
    ("STARBUKCS COFFEE", "", "Starbucks", "amenity=cafe"),
    ("7-ELEVEN 33512", "us", "7-Eleven", "shop=convenience"),
    ("TESCO STORES 6218", "gb", "Tesco", "shop=supermarket"),
    ("TESCO PFS 2473", "gb", "Tesco", "amenity=fuel"),
    ("MCDONALD S F1234", "", "McDonald's", "amenity=fast_food"),
    ("MC DONALDS", "", "McDonald's", "amenity=fast_food"),
    ("WAL-MART #1234", "us", "Walmart", "shop=supermarket"),
    ("SAINSBURYS S/MKTS", "gb", "Sainsbury's", "shop=supermarket"),
    ("CHIPOTLE MEXICAN GRIL", "us", "Chipotle", "amenity=fast_food"),
    ("DUNKIN DONUTS", "us", "Dunkin'", "amenity=cafe"),
    ("WHOLE FOODS MARKT", "us", "Whole Foods Market", "shop=supermarket"),
    ("NETFLIX.COM", "", "Netflix", "online=streaming"),
    ("PAYPAL *SPOTIFY", "", "Spotify", "online=music"),
    ("GOOGLE *YOUTUBEPREMIUM", "", "YouTube Premium", "online=streaming"),
    ("UBER *EATS", "", "Uber Eats", "online=food_delivery"),
    ("LYFT *RIDE SUN 9AM", "", "Lyft", "amenity=taxi"),
    ("SHELL OIL 57442", "us", "Shell", "amenity=fuel"),
    ("TARGET T-1234", "us", "Target", "shop=department_store"),
    ("BOOTS", "gb", "Boots", "amenity=pharmacy"),
    ("IKEA", "de", "IKEA", "shop=furniture"),
    ("REWE MARKT", "de", "REWE", "shop=supermarket"),
    ("ALBERT HEIJN 1234", "nl", "Albert Heijn", "shop=supermarket"),
    ("CARREFOUR CITY", "fr", "Carrefour", "shop=supermarket"),
    ("PICK N PAY", "za", "Pick n Pay", "shop=supermarket"),
    ("SWIGGY", "in", "Swiggy", "online=food_delivery"),
    ("HMRC", "gb", "HMRC", "office=tax"),
    ("LIVERPOOL", "mx", "Liverpool", "shop=department_store"),
    ("ПЯТЁРОЧКА", "ru", "Pyaterochka", "shop=supermarket"),
    ("セブン-イレブン", "jp", "7-Eleven", "shop=convenience"),
]
NOBODY = [
    ("PUBLIC HOUSE", "us"),
    ("PUBLIC HOUSE LONDON", "gb"),
    ("SELECT SANDWICH", "ca"),
    ("LIVERPOOL", "gb"),
    ("LIVERPOOL", ""),
    ("TARGET SHOOTING CLUB", "us"),
    ("BOOTS LEATHER REPAIR", "gb"),
    ("MIND THE GAP", ""),
    ("CITY OF OAKLAND", ""),
    ("JOHN SMITH", ""),
    ("GIFT SHOP", ""),
    ("ATM WITHDRAWAL", ""),
    ("INTEREST PAID", ""),
    ("TRANSFER TO SAVINGS", ""),
]


@pytest.mark.parametrize(("text", "country", "name", "tag"), NAMED)
def test_a_merchant_is_known_by_what_a_statement_prints(
    find: Find, text: str, country: str, name: str, tag: str
) -> None:
    match = sure(find(text, country))
    assert match is not None
    assert (match.merchant.name, match.tag.partition(";")[0]) == (name, tag)


@pytest.mark.parametrize(("text", "country"), NOBODY)
def test_nobody_is_named_where_the_words_are_but_alike(find: Find, text: str, country: str) -> None:
    assert sure(find(text, country)) is None


def test_a_name_of_two_letters_is_met_but_not_surely(find: Find) -> None:
    match = find("BP#1234 HOUSTON", "us")
    assert match is not None
    assert (match.merchant.name, match.tag) == ("BP", "amenity=fuel")
    assert sure(match) is None


def test_of_two_merchants_with_one_name_the_payers_country_tells(find: Find) -> None:
    there, here = find("WOOLWORTHS 1294", "za"), find("WOOLWORTHS 1294", "au")
    assert there is not None
    assert here is not None
    assert there.merchant.countries != here.merchant.countries
    assert "za" in there.merchant.countries
    assert "au" in here.merchant.countries


def test_the_descriptors_own_country_goes_before_the_payers(find: Find) -> None:
    abroad = find("WOOLWORTHS SYDNEY NSW AU", "za")
    assert abroad is not None
    assert "au" in abroad.merchant.countries
