"""How lines that people wrote down are read. The file holds lines that are still read wrongly."""

from collections import Counter
from dataclasses import dataclass

import pytest

from benchmarks.descriptors import Line, Score, read_golden, score
from classifier.engine.descriptors import Channel, Location, PartKind, parse

LINES = tuple(read_golden())
MOST_WRONG = 18  # lower it with each line that is put right

# Precision and recall that each kind keeps, over all lines.
FLOORS = {
    PartKind.MERCHANT: 0.95,
    PartKind.PROCESSOR: 0.98,
    PartKind.CHANNEL: 0.98,
    PartKind.RECURRING: 0.95,
    PartKind.DATE: 0.97,
    PartKind.CARD: 0.97,
    PartKind.PHONE: 0.97,
    PartKind.URL: 0.97,
    PartKind.REFERENCE: 0.93,
    PartKind.STORE_NUMBER: 0.97,
    PartKind.CITY: 0.96,
    PartKind.REGION: 0.98,
    PartKind.COUNTRY: 0.98,
}


NOWHERE = Location()


@dataclass(frozen=True)
class Fields:
    processor: str = ""
    channel: Channel | None = None
    location: Location = NOWHERE
    is_recurring: bool = False


FIELDS = [
    (
        "RECURRING CARD PURCHASE SQ *BLUE DOOR OAKLAND CA",
        Fields("Square", Channel.CARD, Location("Oakland", "CA", "us"), is_recurring=True),
    ),
    ("TIM HORTONS TORONTO ON CA", Fields(location=Location("Toronto", "ON", "ca"))),
    ("WESTJET TORONTO CA", Fields(location=Location("Toronto", "", "ca"))),
    ("AMTRAK ONTARIO CA", Fields(location=Location("Ontario", "CA", "us"))),
    ("COLES PERTH WA", Fields(location=Location("Perth", "WA", "au"))),
    ("QFC SEATTLE WA", Fields(location=Location("Seattle", "WA", "us"))),
    ("DM-DROGERIE MUENCHEN DE", Fields(location=Location("Muenchen", "", "de"))),
    ("AMTRAK WILMINGTON DE", Fields(location=Location("Wilmington", "DE", "us"))),
    ("AMZN Mktp CA*1K2LM34N5", Fields("Amazon Marketplace", location=Location(country="ca"))),
    ("STANDING ORDER TO J SMITH", Fields(channel=Channel.STANDING_ORDER, is_recurring=True)),
    ("VISA PURCHASE REFUND ZARA", Fields(channel=Channel.REFUND)),
    ("LIVERPOOL", Fields()),
    ("OVERDRAFT FEE", Fields(channel=Channel.FEE)),
]

# Names that begin or end like something else.
NAMES = [
    "7-ELEVEN", "24 HOUR FITNESS", "PUBLIC STORAGE", "FEDEX", "CHECKERS", "BANK OF AMERICA",
    "CHECK INTO CASH", "LIVERPOOL", "PARIS", "UNIVERSITY OF READING", "TRANSPORT FOR LONDON",
    "AIR CANADA", "BANK OF INDIA", "HOTEL PARIS", "GEMEENTE AMSTERDAM", "STADTWERKE BONN",
    "TOYS R US", "1-800-FLOWERS.COM", "NETFLIX.COM", "AT&T", "H&M", "MOTEL 6", "BAR 1886",
    "CAPITAL ONE 360", "PIZZA 73", "CRICKET WIRELESS MOBILE", "CAPE TOWN FISH MARKET",
    "VITENS NV", "GIFT CARD",
]  # fmt: skip


def test_there_are_enough_lines_of_all_nine_countries() -> None:
    assert len(LINES) >= 400


def test_few_lines_are_read_wrongly() -> None:
    wrong = [line.text for line in LINES if not line.is_exact]
    assert len(wrong) <= MOST_WRONG, wrong


@pytest.mark.parametrize("row", score(list(LINES)), ids=lambda row: row.kind.value)
def test_a_kind_keeps_its_precision_and_recall(row: Score) -> None:
    floor = FLOORS.get(row.kind, 0.5)
    assert row.precision >= floor
    assert row.recall >= floor


@pytest.mark.parametrize(("text", "fields"), FIELDS, ids=[text for text, _ in FIELDS])
def test_a_line_says_how_where_and_through_whom(text: str, fields: Fields) -> None:
    read = parse(text)
    assert Fields(read.processor, read.channel, read.location, read.is_recurring) == fields


@pytest.mark.parametrize("name", NAMES)
def test_a_name_alone_is_the_merchant(name: str) -> None:
    assert parse(name).merchant_text == name.lower()


@pytest.mark.parametrize(
    ("text", "merchant"),
    [
        ("UNIVERSITY OF READING GB", "university of reading"),
        ("GREGGS READING GB", "greggs"),
        ("CRICKET WIRELESS MOBILE AL", "cricket wireless"),
        ("TESCO LONDON", "tesco"),
        ("ZELLE TO JOHN JACKSON", "john jackson"),
    ],
)
def test_a_city_leaves_the_name_only_in_a_clear_position(text: str, merchant: str) -> None:
    assert parse(text).merchant_text == merchant


@pytest.mark.parametrize(
    "text", ["ATM WITHDRAWAL", "INTEREST PAID", "OVERDRAFT FEE", "MOBILE DEPOSIT", "CHECK 1042"]
)
def test_a_line_that_names_nobody_has_no_merchant(text: str) -> None:
    assert parse(text).merchant_text == ""


def test_spans_are_of_the_text_as_it_came() -> None:
    text = "  SQ  *Café\u200b Noir   MÜNCHEN DE "
    spans = {part.kind: text[part.start : part.end] for part in parse(text).parts}
    assert spans[PartKind.MERCHANT] == "Café\u200b Noir"
    assert spans[PartKind.CITY] == "MÜNCHEN"
    assert spans[PartKind.COUNTRY] == "DE"


def test_syllables_in_pieces_have_their_spans() -> None:
    text = "\u1100\u1161\u11a8 CAFE SEOUL 03/14"
    parts = parse(text).parts
    assert text[parts[0].start : parts[0].end] == "\u1100\u1161\u11a8 CAFE SEOUL"


def test_the_merchant_is_named_where_places_cannot_be_told() -> None:
    text = "POS PURCHASE CAFE" + "\u0301\u0323" * 2_000
    assert parse(text).merchant_text.startswith("caf")
    assert [(part.start, part.end) for part in parse(text).parts] == [(0, len(text))]


def test_a_part_has_its_normal_form() -> None:
    text = "SHELL EUR 1.234,50 14.11.2024 9:05 PM CARD ENDING IN 4432 MUENCHEN DE"
    values = {part.kind: part.value for part in parse(text).parts}
    assert values[PartKind.AMOUNT] == "EUR 1234.50"
    assert values[PartKind.DATE] == "2024-11-14"
    assert values[PartKind.TIME] == "21:05"
    assert values[PartKind.CARD] == "4432"


def test_a_wrong_line_is_counted() -> None:
    line = Line("LIVERPOOL", parts("merchant", "paris"), is_held_out=False)
    (row,) = score([line])
    assert (row.expected, row.found, row.right) == (1, 1, 0)


def parts(kind: str, value: str) -> Counter[tuple[PartKind, str]]:
    return Counter({(PartKind(kind), value): 1})
