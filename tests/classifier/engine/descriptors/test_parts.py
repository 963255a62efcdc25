"""What holds of the parts of any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engine.descriptors import Descriptor, PartKind, normalize, parse
from classifier.engine.descriptors.canonical import fold

# Pieces of bank lines, so that examples reach rules that arbitrary text never would.
PIECES = st.sampled_from(
    [
        "pos purchase", "checkcard 0315", "sq *", "paypal *", "apple pay", "kiosk", "*2a3b4c",
        "ref", "12345", "1234567", "0423", "#0744", "card", "4432", "xx1234", "03/14", "14 nov",
        "on", "14:32", "usd", "59.99", "des:", "id:", "indn:", "store", "t-1845", "800-367-9444",
        "-", "(", ")", "value date:", "upi/", "/", "zelle to", "atm withdrawal", "fee", "refund",
        "recurring", "oakland", "ca", "san jose", "sydney southnsw", "gb", "//koeln/de", "www.a.de",
        "check", "ON", "Café", "\u200b", "\uff11\uff12", "İ", "ß", "\u1100\u1161", "\u3387", ",",
    ]
)  # fmt: skip
LINES = st.lists(PIECES, max_size=12).flatmap(
    lambda pieces: st.sampled_from(["", " ", "  "]).map(lambda space: space.join(pieces))
)
# text() alone would leave lone surrogates out.
ANYTHING = st.text(st.characters()) | st.text(st.characters(categories=["Cs", "Cf", "Mn", "Lu"]))
LONG = st.builds(str.__mul__, ANYTHING | LINES, st.integers(1, 300))
TEXTS = ANYTHING | LINES | LONG

AWKWARD = [
    "",
    " ",
    "\x00",
    "\u200b",
    "\ud800",
    "((((",
    "A" + " " * 512 + "B",
    "\u1112\u1161\u11ab BAR",
    "\u00a8",
    "a\u0323\u0301\u200bb",
    "\u3387 SHOP 03/14",
    "مقهى القاهرة 03/14",
    "👩\u200d👩\u200d👧 SQ *CAFE",
    "PAYPAL *",
    "POS PURCHASE " * 20 + "SHOP",
    "CAFE" + "\u0301\u0323" * 2_000 + " PARIS FR",
    "LIDL " + "X" * 600,
    "KIOSK " * 30 + "OAKLAND CA",
]


def assert_tiles(descriptor: Descriptor) -> None:
    cursor = 0
    for part in descriptor.parts:
        assert part.start == cursor
        assert part.end > part.start
        cursor = part.end
    assert cursor == len(descriptor.text)


@pytest.mark.parametrize("text", AWKWARD)
def test_the_parts_of_an_awkward_text_tile_it(text: str) -> None:
    assert_tiles(parse(text))


@given(TEXTS)
def test_the_parts_tile_the_text(text: str) -> None:
    assert_tiles(parse(text))


@pytest.mark.parametrize("text", AWKWARD)
def test_an_awkward_text_has_the_canonical_text_of_the_normalizer(text: str) -> None:
    assert parse(text).canonical_text == normalize(text)


@given(TEXTS)
def test_the_canonical_text_is_what_the_normalizer_gives(text: str) -> None:
    assert parse(text).canonical_text == normalize(text)


@given(TEXTS)
def test_the_merchant_is_made_of_characters_of_the_canonical_text_in_their_order(text: str) -> None:
    descriptor = parse(text)
    characters = iter(descriptor.canonical_text)
    assert all(one in characters for one in descriptor.merchant_text if one != " ")


@given(TEXTS)
def test_the_merchant_is_what_its_parts_say(text: str) -> None:
    descriptor = parse(text)
    values = [part.value for part in descriptor.parts if part.kind is PartKind.MERCHANT]
    assert descriptor.merchant_text == " ".join(values)


@given(LINES)
def test_a_merchant_part_stands_where_its_span_says(text: str) -> None:
    for part in parse(text).parts:
        if part.kind is PartKind.MERCHANT:
            assert part.value in fold(text[part.start : part.end])


@given(LINES)
def test_parsing_again_gives_the_same(text: str) -> None:
    assert parse(text) == parse(text)


@given(st.lists(st.sampled_from(["blue", "door", "kiosk", "café", "l'été", "&"]), min_size=1))
def test_plain_words_are_the_merchant(words: list[str]) -> None:
    text = " ".join(words)
    descriptor = parse(text.upper())
    if any(map(str.isalpha, text)):
        assert descriptor.merchant_text == descriptor.canonical_text
