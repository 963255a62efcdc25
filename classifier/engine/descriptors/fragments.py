"""What is inside a stripped stretch: a label and its number, a date and its time."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from classifier.engine.descriptors.channels import wrapper_channel
from classifier.engine.descriptors.dates import DATE_PARTS, iso_date, iso_time
from classifier.engine.descriptors.parts import Channel, PartKind
from classifier.engine.descriptors.processors import processor_name


class Fragment(NamedTuple):
    kind: PartKind
    start: int  # in the stretch
    end: int
    value: str


_CURRENCIES: Final = {
    "$": "USD",
    "£": "GBP",
    "€": "EUR",
    "us dollar": "USD",
    "us dollars": "USD",
    "euro": "EUR",
    "euros": "EUR",
    "eur": "EUR",
    "fiji dollar": "FJD",
    "fiji dollars": "FJD",
}
_AMOUNT: Final = re.compile(
    r"(?P<before>[a-z]{3}[a-z ]*?|)(?P<sign>[$£€]?) ?[$£€]?"
    r"(?P<number>\d[\d.,]*) ?(?P<after>[a-z ]*)"
)
_CARD_END: Final = re.compile(r"(\d{2,6})\D*\Z")
_LABEL: Final = re.compile(
    r"(?:\*|(?:[^\W\d_][^\W\d_/-]*[ .:#+-]{1,3}){1,4}|[^\W\d_/-]+-[^\W\d_/-]+[ .:#+-]{1,3}"
    r"|end-to-end-\w+[ .:]{1,3}| ?\* ?|[# ]+)(?=\S*\d)"
)
_SUFFIX: Final = re.compile(r" (?:ppd|web|ccd|tel|ctx)\Z")
_WRAPPER: Final = re.compile(
    r"(?P<recurring>recurring )?(?P<channel>.*?)(?P<lasting> doorlopend)?"
    r"(?P<number>(?: -)? \d{4})?(?P<end>[ :-]*)"
)


def split(kind: PartKind, text: str, *, is_day_first: bool | None) -> Iterator[Fragment]:
    """Yield what a stretch of that kind holds, in order; what lies between is filler."""
    if kind is PartKind.CHANNEL:
        yield from _wrapper(text)
    elif kind is PartKind.DATE:
        yield from _date(text, is_day_first)
    elif kind is PartKind.TIME:
        start = 3 if text.startswith("at ") else 0
        yield Fragment(kind, start, len(text), iso_time(text[start:]))
    elif kind is PartKind.AMOUNT:
        yield Fragment(kind, 0, len(text), _amount(text))
    elif kind is PartKind.CARD:
        digits = _CARD_END.search(text)
        yield Fragment(kind, 0, len(text), digits[1] if digits else text)
    elif kind is PartKind.PROCESSOR:
        yield Fragment(kind, 0, len(text), processor_name(text))
    elif kind in (PartKind.REFERENCE, PartKind.STORE_NUMBER):
        yield from _reference(kind, text)
    elif kind is not PartKind.FILLER:
        yield Fragment(kind, 0, len(text), text.strip(" *,:;/-"))


def _wrapper(text: str) -> Iterator[Fragment]:
    match = _WRAPPER.fullmatch(text)
    assert match is not None  # noqa: S101  # every group may be empty
    channel = wrapper_channel(text)
    if match["recurring"]:
        yield Fragment(PartKind.RECURRING, 0, match.end("recurring"), "recurring")
    yield Fragment(PartKind.CHANNEL, *match.span("channel"), channel.value)
    if match["lasting"]:
        yield Fragment(PartKind.RECURRING, *match.span("lasting"), match["lasting"].strip())
    if number := match["number"]:
        digits = number.strip(" -")
        start = match.end("number") - len(digits)
        day = iso_date(f"{digits[:2]}/{digits[2:]}", is_day_first=False)
        if text.startswith(("ch", "visa ch")) and day.startswith("--"):
            yield Fragment(PartKind.DATE, start, match.end("number"), day)
        else:
            kind = PartKind.REFERENCE if "interac" in text else PartKind.CARD
            yield Fragment(kind, start, match.end("number"), digits)


def _date(text: str, is_day_first: bool | None) -> Iterator[Fragment]:
    match = DATE_PARTS.fullmatch(text)
    if match is None:
        yield Fragment(PartKind.DATE, 0, len(text), text)
        return
    value = iso_date(match["date"], is_day_first=is_day_first)
    yield Fragment(PartKind.DATE, *match.span("date"), value)
    if match["time"]:
        yield Fragment(PartKind.TIME, *match.span("time"), iso_time(match["time"]))
    if match["mark"]:
        channel = Channel.CONTACTLESS if match["mark"] == "clp" else Channel.CARD
        yield Fragment(PartKind.CHANNEL, *match.span("mark"), channel.value)


def _amount(text: str) -> str:
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return text
    named = match["before"].strip() or match["after"].strip() or match["sign"]
    currency = _CURRENCIES.get(named, named.upper())
    number = match["number"].strip(".,")
    whole, mark, cents = number[:-3], number[-3:-2], number[-2:]
    if mark not in ".,":
        whole, cents = number, ""
        if len(number) < 3 or mark.isdigit():
            mark = ""
    whole = whole.replace(",", "").replace(".", "") or "0"
    amount = f"{whole}.{cents}" if mark and cents else number.replace(",", "").replace(".", "")
    return f"{currency} {amount}" if len(currency) == 3 else text


def _reference(kind: PartKind, text: str) -> Iterator[Fragment]:
    label = _LABEL.match(text)
    start = label.end() if label else 0
    suffix = _SUFFIX.search(text, start)
    end = suffix.start() if suffix else len(text)
    if not any(map(str.isdigit, text)):
        return
    if text.startswith("auth"):
        kind = PartKind.AUTHORIZATION
    elif text.startswith(("terminal", "tid")):
        kind = PartKind.TERMINAL
    if label and kind is PartKind.STORE_NUMBER and text[0].isalpha():
        start = 0
    yield Fragment(kind, start, end, text[start:end].strip(" #*,:;/"))
