"""Compiles the table of cities that the descriptor parser reads.

Input are rows in GeoNames' columns; which package they come from is the caller's affair.
"""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from classifier.engine.descriptors.places import place_key

COUNTRIES: Final = frozenset(
    {
        *("us", "gb", "ca", "au", "za", "de", "fr", "nl", "in", "ie", "nz", "at", "ch", "be"),
        *("es", "it", "lu", "se", "dk", "no", "pt", "sg", "hk", "ae"),
    }
)
MIN_POPULATION: Final = 5_000
# Lower bounds of the sizes 1 and 2; what is smaller has size 0.
_SIZES: Final = (30_000, 100_000)

# GeoNames numbers the first level of most countries; these are the codes that people write there.
_REGIONS: Final = {
    "ca": "01:AB 02:BC 03:MB 04:NB 05:NL 07:NS 08:ON 09:PE 10:QC 11:SK 12:YT 13:NT 14:NU",
    "au": "01:ACT 02:NSW 03:NT 04:QLD 05:SA 06:TAS 07:VIC 08:WA",
    "za": "02:KZN 03:FS 05:EC 06:GP 07:MP 08:NC 09:LP 10:NW 11:WC",
    "de": (
        "01:BW 02:BY 03:HB 04:HH 05:HE 06:NI 07:NW 08:RP 09:SL 10:SH 11:BB 12:MV 13:SN 14:ST"
        " 15:TH 16:BE"
    ),
    "in": (
        "01:AN 02:AP 03:AS 05:CH 07:DL 09:GJ 10:HR 11:HP 12:JK 13:KL 14:LD 16:MH 17:MN 18:ML"
        " 19:KA 20:NL 21:OD 22:PY 23:PB 24:RJ 25:TN 26:TR 28:WB 29:SK 30:AR 31:MZ 33:GA 34:BR"
        " 35:MP 36:UP 37:CG 38:JH 39:UK 40:TS 41:LA"
    ),
}
_REGION_CODES: Final = {
    country: dict(pair.split(":") for pair in pairs.split()) for country, pairs in _REGIONS.items()
}
# Codes that need no translation.
_LETTERED: Final = frozenset({"us", "gb"})

# GeoNames names large cities in English; banks print the local name too, or a short one.
_OTHER_NAMES: Final = {
    "de": {
        "Munich": ["München"],
        "Köln": ["Cologne"],
        "Cologne": ["Köln"],
        "Nuremberg": ["Nürnberg"],
        "Hannover": ["Hanover"],
        "Frankfurt am Main": ["Frankfurt", "Frankfurt/Main", "Frankfurt a.M."],
        "Halle (Saale)": ["Halle"],
        "Freiburg": ["Freiburg im Breisgau"],
    },
    "at": {"Vienna": ["Wien"]},
    "ch": {"Zürich": ["Zuerich"], "Genève": ["Geneva", "Genf"], "Basel": ["Basle"]},
    "be": {
        "Brussels": ["Bruxelles", "Brussel"],
        "Antwerpen": ["Antwerp", "Anvers"],
        "Gent": ["Ghent", "Gand"],
        "Brugge": ["Bruges"],
        "Liège": ["Luik"],
        "Leuven": ["Louvain"],
    },
    "nl": {
        "The Hague": ["Den Haag", "'s-Gravenhage"],
        "'s-Hertogenbosch": ["Den Bosch"],
    },
    "it": {
        "Rome": ["Roma"],
        "Milan": ["Milano"],
        "Turin": ["Torino"],
        "Naples": ["Napoli"],
        "Florence": ["Firenze"],
        "Venice": ["Venezia"],
        "Genoa": ["Genova"],
    },
    "es": {"Seville": ["Sevilla"], "Zaragoza": ["Saragossa"]},
    "in": {
        "Bengaluru": ["Bangalore"],
        "Gurugram": ["Gurgaon"],
        "Mysore": ["Mysuru"],
        "Chennai": ["Madras"],
        "Kochi": ["Cochin"],
        "Delhi": ["New Delhi"],
    },
    "us": {"New York City": ["New York", "NYC"], "Washington": ["Washington DC"]},
    "za": {"Pretoria": ["Tshwane"], "Gqeberha": ["Port Elizabeth"]},
}


@dataclass(frozen=True, slots=True)
class City:
    """A row of GeoNames: `country` as ISO 3166-1 alpha-2, `admin1` its first-level code."""

    name: str
    country: str
    admin1: str
    population: int


def build_places(cities: Iterable[City]) -> bytes:
    """Return the gzipped table; the same cities in any order give the same bytes.

    Lines are `key,country,region,size`, the most populous city of a key first: `place_key` of the
    name, the country's code in lower case, the region's code or nothing, size 0 to 2.
    """
    best: dict[tuple[str, str, str], int] = {}
    for city in cities:
        country = city.country.lower()
        if country not in COUNTRIES or city.population < MIN_POPULATION:
            continue
        if country in _LETTERED:
            region = city.admin1
        else:
            region = _REGION_CODES.get(country, {}).get(city.admin1, "")
        for key in _keys(city.name, country):
            row = (key, country, region)
            best[row] = max(best.get(row, 0), city.population)
    rows = sorted(best.items(), key=lambda item: (item[0][0], -item[1], item[0]))
    lines = [f"{','.join(row)},{_size(population)}\n" for row, population in rows]
    return gzip.compress("".join(lines).encode(), mtime=0)


def _keys(name: str, country: str) -> set[str]:
    keys = set()
    for spelled in (name, *_OTHER_NAMES.get(country, {}).get(name, ())):
        key = place_key(spelled)
        keys.add(key)
        umlauts = spelled.lower().translate({0xE4: "ae", 0xF6: "oe", 0xFC: "ue"})
        keys.add(place_key(umlauts))
        if key.startswith("saint "):
            keys.add("st " + key.removeprefix("saint "))
        if key.startswith("fort "):
            keys.add("ft " + key.removeprefix("fort "))
    return {key for key in keys if len(key) > 2 and "," not in key}


def _size(population: int) -> int:
    return sum(population >= bound for bound in _SIZES)
