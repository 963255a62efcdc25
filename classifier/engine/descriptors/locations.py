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


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Codes that are words, or somebody's initials, unless a city stands before them.
_WORDLIKE: Final = _words(
    "ab act ae al ap are as at aut bb be bel by can cg ch che co cy cyp de dk dl ec eng "
    "england es esp fs ga go gp hb he hh hi hk id in ind it ita jp la lp lu ma md me mex mo "
    "mp ms mt mx nc ne ni nir no nt nv nw od oh ok on or ot pa pe pl pol pr prt pt rp sa "
    "scotland sct se sg sl sn st tas th tn ts uk up us wales wb wls"
)
# Codes of countries that are taken without a city.
_COUNTRY_CODES: Final = _words("au fr gb ie nl nz uk us za")
# Names of large cities that are words, or people's names, on the end of a line.
_CITY_WORDS: Final = _words(
    "allen angel angers arvada augusta aurora bath best brandon buffalo bury carlton cary "
    "centennial central chandler charlotte cicero city clay clinton clovis columbia "
    "columbus como concord corona davis deal delta denton downey enterprise essen eugene "
    "evans fair federal fishers fort frisco fürth gap garland george gera gilbert hagen "
    "halle hamm hastings heights hem henderson hope hull independence irving jackson joliet "
    "kent kingston lancaster lansing laval lens leon lincoln made madison marion market "
    "metz mission mobile moers murray nancy nelson nice norman oaks of olive orange "
    "palmdale paradise park pearl phoenix plantation plaza prato providence reading regina "
    "richmond rochester rosario rugby sale salem salt santiago savannah sherwood siegen "
    "split spring springs sterling stockton summit sunrise surprise temple thornton tours "
    "tyler union valley victoria vista ware warren wells windsor witten worms worth young"
)
# The word before says that the city belongs to the name.
_BINDING: Final = _words(
    "& air and at bvg by city da de der des di du el fc finanzamt flughafen for from "
    "gemeente hotel in la las le little los mairie messe musee museum new of old port radio "
    "royal san santa sparkasse stadt stadtsparkasse stadtwerke the to tour uni universitaet "
    "university universität van ville visit volksbank vom von zoo zu"
)
# These do so even where a code stands behind it.
_JOINING: Final = _words("of for the de du des di da von & and")
# A city without a code behind it is looked for in these countries alone.
_HOME: Final = _words("au ca de fr gb in nl us za")
_DIRECTIONS: Final = _words("cbd central city east mitte nord north south sud west")
# Every name of a region or country ends with one of these.
_LAST_WORDS: Final = frozenset(name.split()[-1] for name in (*REGIONS, *COUNTRIES))
_GLUED: Final = re.compile(
    r"(.{4,}?)(nsw|vic|qld|act|tas|wa|sa|nt|ca|ny|tx|fl|nj|il|az|co|ga|on|bc)"
)
_MOST_WORDS: Final = 4
_MOST_CHARACTERS: Final = 120  # of the end that is looked at
_WORD: Final = re.compile(r"\S+")
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
    if "//" in text and (slashed := _SLASHED.search(text)):
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
        # The first word read may be a part of one; there are many before it.
        self.words = [
            _Word(match.start(), match.end(), place_key(match[0].strip(",;()")))
            for match in _WORD.finditer(text, max(0, len(text) - _MOST_CHARACTERS))
        ]
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
        if self.words[-1].key not in _LAST_WORDS:
            return None
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
                if first and self.words[first - 1].key in _JOINING:
                    return None
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
        for country, region in REGIONS[code]:
            city = self._city(len(self.words), country, region)
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
            or (last in _COUNTRY_CODES and before not in ("r", "about", "with", "to", "of"))
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
            if phrase in _CITY_WORDS or (first and self.words[first - 1].key in _BINDING):
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
