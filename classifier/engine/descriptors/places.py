"""The cities, regions and countries that descriptors name."""

import gzip
import unicodedata
from bisect import bisect_left
from functools import cache
from pathlib import Path
from sys import intern
from typing import Final, NamedTuple

_PATH: Final = Path(__file__).resolve().parents[2] / "data" / "places.csv.gz"
_MIN_CUT: Final = 5  # letters of a city's name that was cut off

_US: Final = (
    "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj"
    " nm ny nc nd oh ok or pa pr ri sc sd tn tx ut vt va wa wv wi wy"
)
_CODES: Final = {
    "us": _US,
    "ca": "ab bc mb nb nl ns nt nu on pe qc sk yt",
    "au": "act nsw nt qld sa tas vic wa",
    "gb": "eng sct wls nir",
    "in": "ap br cg dl ga gj hr jh ka kl mh mp od pb rj tn ts uk up wb",
    "de": "bw by be bb hb hh he mv ni nw rp sl sn st th sh",
    "za": "kzn fs ec gp mp nc lp nw wc",
}
_NAMES: Final = {
    "us": {"california": "CA", "texas": "TX", "florida": "FL", "new jersey": "NJ"},
    "ca": {
        "ontario": "ON",
        "quebec": "QC",
        "alberta": "AB",
        "british columbia": "BC",
        "manitoba": "MB",
        "nova scotia": "NS",
        "saskatchewan": "SK",
    },
    "au": {
        "new south wales": "NSW",
        "queensland": "QLD",
        "tasmania": "TAS",
        "western australia": "WA",
        "south australia": "SA",
    },
    "gb": {"england": "ENG", "scotland": "SCT", "wales": "WLS"},
    "in": {
        "maharashtra": "MH",
        "karnataka": "KA",
        "tamil nadu": "TN",
        "telangana": "TS",
        "gujarat": "GJ",
        "kerala": "KL",
        "haryana": "HR",
        "uttar pradesh": "UP",
        "west bengal": "WB",
    },
    "de": {"bayern": "BY", "hessen": "HE", "sachsen": "SN"},
    "za": {"gauteng": "GP", "western cape": "WC", "kwazulu-natal": "KZN"},
}
_COUNTRIES: Final = {
    "us": "usa;united states;united states of america",
    "gb": "gbr;uk;united kingdom;great britain",
    "ca": "can;canada",
    "au": "aus;australia",
    "za": "zaf;rsa;south africa",
    "de": "deu;germany;deutschland",
    "fr": "fra;france;frankreich",
    "nl": "nld;netherlands;nederland;niederlande",
    "in": "ind;india",
    "ie": "irl;ireland",
    "nz": "nzl;new zealand",
    "at": "aut;austria;osterreich;oesterreich",
    "ch": "che;switzerland;schweiz;suisse",
    "be": "bel;belgium;belgie;belgique;belgien",
    "es": "esp;spain;espana;spanien",
    "it": "ita;italy;italia;italien",
    "lu": "lux;luxembourg",
    "se": "swe;sweden",
    "dk": "dnk;denmark",
    "no": "nor;norway",
    "pt": "prt;portugal",
    "pl": "pol;poland",
    "sg": "sgp;singapore",
    "hk": "hkg;hong kong",
    "jp": "jpn;japan",
    "mx": "mex;mexico",
    "cy": "cyp;cyprus",
    "mt": "mlt;malta",
    "ae": "are;united arab emirates",
}


class Place(NamedTuple):
    """A city's country, its region's code ("" where none is kept), and its size.

    Size is 0 from 5,000 inhabitants, 1 from 30,000, 2 from 100,000.
    """

    country: str
    region: str
    size: int


def _regions() -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for country, codes in _CODES.items():
        for code in codes.split():
            found[code] = (*found.get(code, ()), (country, code.upper()))
    for country, names in _NAMES.items():
        for name, code in names.items():
            found[name] = ((country, code),)
    return found


# What a code or name may stand for: ((country, region's code), …), the likeliest first.
REGIONS: Final = _regions()
# ISO 3166-1 codes of two and three letters, and names.
COUNTRIES: Final = {
    name: code for code, names in _COUNTRIES.items() for name in (code, *names.split(";"))
}


def place_key(name: str) -> str:
    """Return the form in which names are compared: no case, accents, points or hyphens."""
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name.casefold())
        name = "".join(
            character for character in decomposed if not unicodedata.combining(character)
        )
    name = name.lower().replace(".", "").replace("'", "").replace("-", " ")
    return " ".join(name.split())


class Places:
    """The table of cities."""

    def __init__(self, content: bytes) -> None:
        self._cities: dict[str, str] = {}
        for line in gzip.decompress(content).decode().splitlines():
            key, place = line.split(",", 1)
            if key in self._cities:
                place = f"{self._cities[key]};{place}"
            self._cities[key] = intern(place)
        self._keys = sorted(self._cities)

    def __len__(self) -> int:
        return len(self._cities)

    def find(self, key: str) -> tuple[Place, ...]:
        """Return the cities of that name, the most populous first."""
        packed = self._cities.get(key)
        if packed is None:
            return ()
        split = (place.split(",") for place in packed.split(";"))
        return tuple(Place(country, region, int(size)) for country, region, size in split)

    def complete(self, cut: str) -> str:
        """Return the one name of 30,000 inhabitants or more that begins so, "" if none or more."""
        if len(cut) < _MIN_CUT:
            return ""
        names = []
        for key in self._keys[(start := bisect_left(self._keys, cut)) : start + 50]:
            if not key.startswith(cut):
                break
            if self.find(key)[0].size:
                names.append(key)
        return names[0] if len(names) == 1 else ""


@cache
def load_places() -> Places:
    """Return the table of this process, read when it is first asked for."""
    return Places(_PATH.read_bytes())
