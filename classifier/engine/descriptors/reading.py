"""What the words of a canonical text are, other than the merchant's name."""

import re
from dataclasses import replace
from typing import Final

from classifier.engine.descriptors.channels import (
    END,
    NAMELESS,
    RECURRING,
    START,
    TRANSFERS,
    main_channel,
    start_channel,
    wrapper_channel,
)
from classifier.engine.descriptors.fragments import split
from classifier.engine.descriptors.locations import find_location
from classifier.engine.descriptors.parts import Channel, Location, PartKind
from classifier.engine.descriptors.places import COUNTRIES
from classifier.engine.descriptors.processors import UNSTARRED, WALLETS, processor_name
from classifier.engine.descriptors.trail import Trail
from classifier.engine.descriptors.transfers import read_transfer

_URL: Final = re.compile(
    r"(?<=\S )am(?:zn|azon)\.[a-z.]{2,6}/bill(?=[a-z]{2}(?!\S))|"
    r"(?<=\S )(?:https?://\S+|(?:www\.)?[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){0,4}\.(?:com|net|org|io"
    r"|co|uk|de|fr|nl|ca|in|za|us|app|me|tv|eu|gov|info|ie|au|nz|be|ch|at|es"
    r"|it)(?:/[^\s#]*)?)(?=#?(?!\S))"
)
# Years stay ("bar 1886"), as do three digits ("capital one 360").
_STORE_NUMBER: Final = re.compile(
    r"(?:(?<=[^\W\d_] )|(?<=\. ))(?!1[789]\d\d\Z|20\d\d\Z)[a-z]?\d{4,6}\Z"
)
_POSTCODE: Final = re.compile(r"(?<= )[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}(?!\S)")
_BEFORE_NAME: Final = re.compile(r"\A(?:to|from|payment to|payment from|pos|at)[ :]+(?=\S)")
_NUMBER: Final = re.compile(r"\A[#\d][\d-]*\Z")
_MARKET_COUNTRY: Final = re.compile(
    r"(?:(?<=mktp )|(?<=mktpl )|(?<=mktplc )|(?<=mktplace )|(?<=marketplace ))[a-z]{2}(?!\S)"
)
_LEFT_COUNTRY: Final = re.compile(r"(?<=\S )usa\Z")
_MOMENT: Final = re.compile(r"(?<!\S)(20\d\d-\d\d-\d\d)t(\d\d:\d\d(?::\d\d)?)(?!\S)")
_PAYMENT_WORD: Final = re.compile(r"(?<=\S )(?:pymt|pmt)\Z")
_MOST_PHRASES: Final = 4
_DAY_FIRST: Final = frozenset(
    ["gb", "au", "za", "de", "fr", "nl", "in", "ie", "nz", "at", "ch", "be", "es", "it"]
)

# What a bare number is depends on what the line is of; of a shop, its number.
_NUMBERS: Final[dict[Channel | None, PartKind]] = {
    Channel.ATM: PartKind.TERMINAL,
    Channel.CHECK: PartKind.REFERENCE,
    Channel.DIRECT_DEBIT: PartKind.REFERENCE,
    **dict.fromkeys(TRANSFERS, PartKind.REFERENCE),
}

Label = tuple[PartKind, str] | None  # None is filler


class Reading:
    """Takes from a trail what is not the merchant; the trail's text is then the merchant's."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail
        self.location = Location()
        self.channels = {
            wrapper_channel(removal.text)
            for removal in trail.removals
            if removal.kind is PartKind.CHANNEL
        }
        self._stripped = len(trail.removals)

    def annotate(self) -> None:
        if not any(map(str.isalpha, self.trail.text)):
            return
        self._transfer()
        self._phrases()
        self._processors()
        self._moment()
        if "." in self.trail.text:
            self._take(_URL, PartKind.URL)
        self._take(_PAYMENT_WORD, PartKind.FILLER)
        self._take(RECURRING, PartKind.RECURRING)
        self._behind()
        self._take(_POSTCODE, PartKind.FILLER)
        self._where()
        self._take(RECURRING, PartKind.RECURRING)
        self._behind()
        self._numbers()

    def _transfer(self) -> None:
        fields = read_transfer(self.trail.text)
        if fields:
            self.channels |= {Channel(f.value) for f in fields if f.kind is PartKind.CHANNEL}
            self.trail.cut(fields)

    def _phrases(self) -> None:
        for _ in range(_MOST_PHRASES):
            if recurring := RECURRING.match(self.trail.text):
                self.trail.cut([(PartKind.RECURRING, *recurring.span(), recurring[0])])
                continue
            match = START.match(self.trail.text)
            if match is None:
                break
            channel = start_channel(match)
            if channel is None:
                self.trail.cut([(PartKind.FILLER, *match.span(), "")])
            else:
                self.channels.add(channel)
                self.trail.cut([(PartKind.CHANNEL, *match.span(), channel.value)])
        if self.channels and (match := _BEFORE_NAME.match(self.trail.text)):
            self.trail.cut([(PartKind.FILLER, *match.span(), "")])

    def _processors(self) -> None:
        for pattern in (WALLETS, UNSTARRED):
            match = pattern.search(self.trail.text)
            if match and (len(match[0]) < len(self.trail.text) or self.channels):
                left = self.trail.text[: match.start()] + self.trail.text[match.end() :]
                if left in ("us", "ca", "uk", "de", "in") or (not left and pattern is UNSTARRED):
                    continue
                name = processor_name(match[0])
                self.trail.cut([(PartKind.PROCESSOR, *match.span(), name)])

    def _moment(self) -> None:
        if match := _MOMENT.search(self.trail.text):
            date, time = match.span(1), match.span(2)
            self.trail.cut(
                [(PartKind.DATE, *date, match[1]), (PartKind.TIME, time[0] - 1, time[1], match[2])]
            )

    def _take(self, pattern: re.Pattern[str], kind: PartKind) -> None:
        text = self.trail.text
        if pattern.search(text) is None:
            return
        spans = [(kind, *match.span(), match[0]) for match in pattern.finditer(text)]
        if spans and sum(end - start for _, start, end, _ in spans) < len(text):
            self.trail.cut(spans)

    def _behind(self) -> None:
        """Channel words behind the name, two at most: "… visa refund"."""
        for _ in range(2):
            match = END.search(self.trail.text)
            if match is None or match.lastgroup is None:
                return
            channel = Channel(match.lastgroup)
            self.channels.add(channel)
            self.trail.cut([(PartKind.CHANNEL, *match.span(), channel.value)])

    def _where(self) -> None:
        self._country(_MARKET_COUNTRY)
        found, location = find_location(
            self.trail.text,
            needs_name=not self.channels & NAMELESS,
            may_be_person=bool(self.channels & TRANSFERS),
            is_apart=self._is_last_apart(),
        )
        if found:
            self.trail.cut(found)
            country = location.country or self.location.country
            self.location = replace(location, country=country)
        self._country(_LEFT_COUNTRY)

    def _country(self, pattern: re.Pattern[str]) -> None:
        match = pattern.search(self.trail.text)
        if match and (country := COUNTRIES.get(match[0])):
            self.trail.cut([(PartKind.COUNTRY, *match.span(), country)])
            self.location = replace(self.location, country=self.location.country or country)

    def _is_last_apart(self) -> bool:
        space = self.trail.text.rfind(" ")
        if space < 1:
            return False
        # Of two words that stood side by side, only a space lies between.
        return self.trail.places[space + 1] - self.trail.places[space - 1] > 2

    def _numbers(self) -> None:
        if Channel.CHECK in self.channels:
            self._take_all(_NUMBER, PartKind.REFERENCE)
        elif Channel.ATM in self.channels:
            self._take_all(_NUMBER, PartKind.TERMINAL)
        self._take(_STORE_NUMBER, PartKind.STORE_NUMBER)

    def _take_all(self, pattern: re.Pattern[str], kind: PartKind) -> None:
        match = pattern.search(self.trail.text)
        if match:
            self.trail.cut([(kind, *match.span(), match[0].strip("#"))])

    def labels(self, folded: str) -> list[Label]:
        """Return what each character of the folded text is; the merchant's carry no value."""
        labels: list[Label] = [None] * len(folded)
        country = self.location.country
        is_day_first = country in _DAY_FIRST if country else None
        number_kind = _NUMBERS.get(main_channel(self.channels), PartKind.STORE_NUMBER)
        for index, removal in enumerate(self.trail.removals):
            if index >= self._stripped:
                text = removal.text.rstrip(" :,/-")
                label = (removal.kind, removal.value or text)
                if removal.kind is not PartKind.FILLER:
                    self._put(labels, removal.places[: len(text)], label)
                continue
            for fragment in split(removal.kind, removal.text, is_day_first=is_day_first):
                kind, value = fragment.kind, fragment.value
                if kind is PartKind.STORE_NUMBER:
                    kind = number_kind
                elif kind is PartKind.CARD and _is_id(folded, removal.places[0]):
                    kind, value = PartKind.REFERENCE, removal.text.strip()
                places = removal.places[fragment.start : fragment.end]
                self._put(labels, places, (kind, value))
        if any(map(str.isalnum, self.trail.text)):
            self._put(labels, self.trail.places, (PartKind.MERCHANT, ""))
        return labels

    @staticmethod
    def _put(labels: list[Label], places: list[int], label: tuple[PartKind, str]) -> None:
        for place in places:
            if place >= 0:
                labels[place] = label


def _is_id(folded: str, place: int) -> bool:
    return folded.endswith("id:", 0, max(place, 0))
