"""Texts that nobody prints: all are answered, and none keeps a request long."""

import pytest

from classifier.engine.descriptors import normalize, parse
from classifier.engine.merchants.matching import MAX_READ, sure
from tests.classifier.engine.merchants.conftest import Find

HOSTILE = {
    "ten thousand letters": "a" * 10_000,
    "a name a thousand times": "tesco " * 1_000,
    "zero-width characters": "t\u200be\u200bs\u200bc\u200bo stores",
    "right to left": "\u202eOCSET\u202c \u05e9\u05dc\u05d5\u05dd " * 50,
    "mixed scripts": "tesco тест テスト تيسكو",
    "emoji": "🛒🛒 tesco 🛒",
    "combining marks": "te\u0301\u0301\u0301sco " + "\u0301" * 5_000,
    "brackets": "(" * 5_000,
    "only spaces": " " * 10_000,
    "a lone surrogate": "tesco \ud800",
    "NUL": "tesco\0stores",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_any_text_is_answered(find: Find, text: str) -> None:
    match = find(text, "gb")
    assert match is None or match.merchant.name


def test_what_cannot_be_seen_hides_no_name(find: Find) -> None:
    match = sure(find(HOSTILE["zero-width characters"], "gb"))
    assert match is not None
    assert match.merchant.name == "Tesco"


def test_letters_of_another_script_that_look_alike_are_not_the_name(find: Find) -> None:
    cyrillic = "\u0430m\u0430z\u043en prime"
    assert sure(find(cyrillic, "us")) is None


def test_only_the_first_words_are_looked_at(find: Find) -> None:
    # The canonical text is bounded in characters; words of one letter could still be hundreds.
    text = "x " * MAX_READ + "tesco"
    assert parse(normalize(text)).merchant_text
    assert find(text, "gb") is None
