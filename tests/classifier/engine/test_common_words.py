"""Names that say nothing of who was paid."""

import pytest

from classifier.engine.merchants.common_words import BANKING, SHOPS, is_common
from classifier.engine.merchants.words import words


@pytest.mark.parametrize(
    "name",
    [
        "Market", "THE STORE", "Café", "La Boulangerie", "Bäckerei", "Überweisung", "Apotheek",
        "farmacia", "card payment", "POS purchase", "Transfer to", "SEPA Lastschrift", "the", "",
    ],
)  # fmt: skip
def test_a_kind_of_shop_or_a_banks_wording_alone_is_common(name: str) -> None:
    assert is_common(name)


@pytest.mark.parametrize("name", ["Aldi", "Coffee House", "Zoë's Bar", "Bank Zorblax", "三越"])
def test_what_sets_somebody_apart_is_not(name: str) -> None:
    assert not is_common(name)


def test_the_lists_hold_words_as_they_are_compared() -> None:
    listed = BANKING | SHOPS
    assert [word for word in listed if [each.text for each in words(word)] != [word]] == []
    assert 300 <= len(listed) <= 700
