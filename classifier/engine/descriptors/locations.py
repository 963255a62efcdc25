"""City, region and country on the end of what is left of a descriptor.

`ca` and other codes of both a region and a country are read by the city before them: "oakland ca"
is California, "toronto ca" Canada; "toronto on ca" has the region already. Without a known city
they are the region of the United States, but "amzn mktp ca" and a web address of that country
("amazon.ca") make them the country.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from classifier.engine.descriptors.parts import Location, PartKind
from classifier.engine.descriptors.places import (
    COUNTRIES,
    REGIONS,
    Place,
    load_places,
    place_key,
)

# Codes that are words, or somebody's initials, unless a city stands before them.
_WORDLIKE: Final = frozenset(
    ["al", "as", "at", "be", "by", "act", "ab", "nv", "md", "are", "can", "co", "de", "es", "ga", "go", "he", "hi", "id", "in", "ind", "it", "la", "ma", "me", "mo", "ms", "mt", "mex", "ne", "no", "nt", "od", "oh", "ok", "on", "or", "ot", "pa", "pe", "pl", "pr", "sa", "se", "sn", "st", "sl", "th", "tas", "ts", "uk", "us", "up", "hh", "hb", "ni", "ap", "cg", "sct", "nc", "wb", "bel", "che", "esp", "ita", "aut", "pol", "prt", "cyp", "are", "mp", "rp", "bb", "ch", "lu", "dk", "pt", "sg", "hk", "jp", "mx", "cy", "mt", "ae", "be", "dl", "nw", "fs", "ec", "gp", "lp", "eng", "wls", "nir", "tn", "wales", "england", "scotland"]
)
_TWO_LETTER_COUNTRIES: Final = frozenset(["gb", "uk", "au", "za", "nz", "ie", "nl", "fr", "us"])  # taken alone
# Names of large cities that are words, or people's names, on the end of a line.
_WORDS: Final = frozenset(
    ["of", "mobile", "reading", "orange", "bath", "hull", "young", "independence", "enterprise", "paradise", "surprise", "providence", "hope", "pearl", "rugby", "worth", "garland", "plantation", "sunrise", "victoria", "olive", "aurora", "eugene", "tyler", "jackson", "lincoln", "madison", "charlotte", "warren", "henderson", "chandler", "gilbert", "irving", "augusta", "savannah", "carlton", "phoenix", "buffalo", "columbia", "columbus", "denton", "norman", "lansing", "sterling", "cary", "allen", "clovis", "temple", "deal", "sale", "nice", "lens", "split", "essen", "hamm", "halle", "hagen", "gap", "tours", "nancy", "angers", "metz", "best", "made", "hem", "bury", "wells", "ware", "rosario", "salem", "salt", "kent", "nelson", "hastings", "kingston", "richmond", "windsor", "george", "santiago", "brandon", "joliet", "evans", "clinton", "clay", "davis", "rochester", "stockton", "palmdale", "vista", "corona", "angel", "downey", "thornton", "arvada", "fishers", "centennial", "concord", "federal", "heights", "central", "city", "summit", "market", "plaza", "mission", "fair", "oaks", "springs", "park", "delta", "cicero", "regina", "laval", "sherwood", "marion", "murray", "cleveland", "houston", "austin", "dallas", "arlington", "lancaster", "spring", "valley", "fort", "union", "frisco", "pune", "lille", "siegen", "fürth", "worms", "trier", "bonn", "jena", "potsdam", "gera", "moers", "witten", "leon", "como", "prato"]
) - frozenset(
    ["houston", "austin", "dallas", "cleveland", "arlington", "bonn", "jena", "potsdam", "trier", "lille", "pune"]
)
# The word before says that the city belongs to the name.
_BINDING: Final = frozenset(
    ["of", "for", "to", "from", "at", "in", "the", "de", "du", "des", "la", "le", "of", "di", "da", "von", "vom", "zu", "van", "der", "and", "&", "by", "visit", "bank", "air", "university", "uni", "universität", "universitaet", "stadt", "stadtwerke", "sparkasse", "volksbank", "gemeente", "ville", "mairie", "fc", "city", "radio", "hotel", "new", "port", "san", "santa", "los", "las", "el", "zoo", "flughafen", "stadtsparkasse", "bvg", "little", "old", "royal", "tour", "musee", "museum", "messe"]
)
# A city without a code behind it is looked for in these countries alone.
_HOME: Final = frozenset(["us", "gb", "ca", "au", "za", "de", "fr", "nl", "in"])
_DIRECTIONS: Final = frozenset(["north", "south", "east", "west", "central", "city", "cbd", "nord", "sud", "mitte"])
_GLUED: Final = re.compile(
    r"(.{4,}?)(nsw|vic|qld|act|tas|wa|sa|nt|ca|ny|tx|fl|nj|il|az|co|ga|on|bc)"
)
_MOST_WORDS: Final = 4
_SLASHED: Final = re.compile(r"(?<=\S) ?//([^/]{2,40})/([a-z]{2})(?![a-z])")


class Found(NamedTuple):
    kind: PartKind
    start: int
    end: int
    value: str


class _Word(NamedTuple):
    start: int
    end: int
    key: str


def find_location(
    text: str, *, needs_name: bool, may_be_person: bool, is_apart: bool
) -> tuple[list[Found], Location]:
    """Return what the end of `text` says of the place, ascending.

    With `needs_name` at least a word is left before it; `may_be_person` asks for a code behind a
    city, as "jackson" is also somebody's name; `is_apart` says that a number, which was stripped,
    stood before the last word.
    """
    if slashed := _SLASHED.search(text):
        return _slashed(slashed)
    tail = _Tail(text, needs_name=needs_name, is_apart=is_apart)
    return tail.read(bare=not may_be_person)


def _slashed(match: re.Match[str]) -> tuple[list[Found], Location]:
    """`//koeln/de`, as German savings banks write it."""
    city = _title(match[1].strip())
    country = COUNTRIES.get(match[2], "")
    found = [Found(PartKind.CITY, match.start(), match.end(1), city)]
    if country:
        found.append(Found(PartKind.COUNTRY, match.end(1), match.end(), country))
    return found, Location(city, "", country)


class _Tail:
    def __init__(self, text: str, *, needs_name: bool, is_apart: bool) -> None:
        self.text = text
        self.words = [
            _Word(match.start(), match.end(), place_key(match[0].strip(",;()")))
            for match in re.finditer(r"\S+", text[-120:] if len(text) > 120 else text)
        ]
        if len(text) > 120:
            shift = len(text) - 120
            self.words = [_Word(w.start + shift, w.end + shift, w.key) for w in self.words[1:]]
        self.is_apart = is_apart
        self.least = 1 if needs_name else 0  # words that stay

    def read(self, *, bare: bool) -> tuple[list[Found], Location]:
        words = len(self.words)
        if words <= self.least:
            return [], Location()
        for read in (self._city_and_codes, self._glued, self._codes):
            if found := read():
                return found
        if bare and (found := self._bare()):
            return found
        return [], Location()

    def _phrases(self, end: int, most: int) -> Iterator[tuple[int, str]]:
        """Yield (first word, phrase) of the words before `end`, the longest phrase first."""
        for first in range(max(self.least, end - most), end):
            yield first, " ".join(word.key for word in self.words[first:end])

    def _city_and_codes(self) -> tuple[list[Found], Location] | None:
        end = len(self.words)
        # Country behind region, region alone, country alone.
        countries: list[tuple[int, str]] = [
            (first, COUNTRIES[phrase])
            for first, phrase in self._phrases(end, 4)
            if phrase in COUNTRIES
        ]
        for first, country in countries:
            for region_first, region_phrase in self._phrases(first, 3):
                for region_country, region in REGIONS.get(region_phrase, ()):
                    if region_country == country and (
                        city := self._city(region_first, country, region)
                    ):
                        return self._build(city, (region_first, first, region), (first, country))
        for region_first, region_phrase in self._phrases(end, 3):
            for region_country, region in REGIONS.get(region_phrase, ()):
                if city := self._city(region_first, region_country, region):
                    return self._build(
                        city, (region_first, end, region), None, within=region_country
                    )
        for first, country in countries:
            if city := self._city(first, country, ""):
                return self._build(city, None, (first, country))
        return None

    def _city(self, end: int, country: str, region: str) -> tuple[int, int, Place, str] | None:
        """Return (first word, end, place, name) of the city that ends before word `end`."""
        places = load_places()
        for first, phrase in self._phrases(end, _MOST_WORDS):
            if place := _matching(places.find(phrase), country, region):
                return first, end, place, phrase
        if end - self.least > 1 and self.words[end - 1].key in _DIRECTIONS:
            for first, phrase in self._phrases(end - 1, _MOST_WORDS):
                if place := _matching(places.find(phrase), country, region):
                    return first, end, place, f"{phrase} {self.words[end - 1].key}"
        for first, phrase in self._phrases(end, 3):
            name = places.complete(phrase)
            if name and (place := _matching(places.find(name), country, region)):
                return first, end, place, name
        return None

    def _glued(self) -> tuple[list[Found], Location] | None:
        """A code on the end of the city's own word, as fields of fixed width give it."""
        last = self.words[-1]
        match = _GLUED.fullmatch(last.key)
        if match is None or len(last.key) != last.end - last.start:
            return None
        cut = last.start + match.end(1)
        whole = self.words
        code = match[2]
        self.words = [*whole[:-1], _Word(last.start, cut, match[1])]
        city = None
        for country, region in REGIONS[code]:
            directed = re.fullmatch(r"(.{4,}?)(north|south|east|west)", match[1])
            city = self._city(len(self.words), country, region)
            if city is None and directed is None and match[1] in _DIRECTIONS:
                continue
            if city:
                found, location = self._build(city, None, None, within=country, code=region)
                found.append(Found(PartKind.REGION, cut, last.end, region))
                return found, location
        self.words = whole
        return None

    def _codes(self) -> tuple[list[Found], Location] | None:
        end = len(self.words)
        if end < 2:
            return None
        last, before = self.words[-1].key, self.words[-2].key
        country = COUNTRIES.get(last)
        if country and end > 2:
            for region_country, region in REGIONS.get(before, ()):
                if region_country == country and before not in _WORDLIKE:
                    return self._build(None, (end - 2, end - 1, region), (end - 1, country))
        if country and (
            before.startswith(("mktp", "mktpl", "marketplace"))
            or before.endswith(f".{last}")
            or (last in _TWO_LETTER_COUNTRIES and before not in ("r", "about", "with", "to", "of"))
        ):
            return self._build(None, None, (end - 1, country))
        is_clear = last not in _WORDLIKE or (self.is_apart and len(last) == 2)
        if last in REGIONS and is_clear and before not in _BINDING:
            region_country, region = REGIONS[last][0]
            return self._build(None, (end - 1, end, region), None, within=region_country)
        if country and len(last) == 3 and last not in _WORDLIKE:
            return self._build(None, None, (end - 1, country))
        for first, phrase in self._phrases(end, 4):
            if phrase in ("united kingdom", "united states", "united states of america"):
                return self._build(None, None, (first, COUNTRIES[phrase]))
        return None

    def _bare(self) -> tuple[list[Found], Location] | None:
        end = len(self.words)
        for first, phrase in self._phrases(end, 3):
            if phrase in _WORDS or (first and self.words[first - 1].key in _BINDING):
                continue
            places = load_places().find(phrase)
            if (
                places
                and places[0].size == 2
                and first >= self.least
                and places[0].country in _HOME
            ):
                return self._build((first, end, places[0], phrase), None, None)
        return None

    def _build(
        self,
        city: tuple[int, int, Place, str] | None,
        region: tuple[int, int, str] | None,
        country: tuple[int, str] | None,
        within: str = "",
        code: str = "",
    ) -> tuple[list[Found], Location]:
        found = []
        name = ""
        if city:
            name = _title(city[3])
            found.append(Found(PartKind.CITY, *self._span(city[0], city[1]), name))
        if region:
            code = region[2]
            found.append(Found(PartKind.REGION, *self._span(region[0], region[1]), code))
        land = within
        if country:
            land = country[1]
            found.append(Found(PartKind.COUNTRY, *self._span(country[0], len(self.words)), land))
        return found, Location(name, code, land)

    def _span(self, first: int, end: int) -> tuple[int, int]:
        return self.words[first].start, self.words[end - 1].end


def _matching(places: tuple[Place, ...], country: str, region: str) -> Place | None:
    for place in places:
        if place.country == country and (not region or place.region in (region, "")):
            return place
    return None


def _title(name: str) -> str:
    return " ".join(word[:1].upper() + word[1:] for word in name.split())
