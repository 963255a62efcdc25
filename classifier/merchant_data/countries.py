"""Where a brand is: countries from the place codes of name-suggestion-index."""

import re
from collections.abc import Iterable

_BY_SUBDIVISION = re.compile(r"([a-z]{2})(?:-.*|)")

# UN M49 regions, https://unstats.un.org/unsd/methodology/m49/, as far as the source names them.
_EUROPE = (
    "ad al at ax ba be bg by ch cz de dk ee es fi fo fr gb gg gi gr hr hu ie im is it je li lt lu "
    "lv mc md me mk mt nl no pl pt ro rs ru se si sj sk sm ua va xk"
)
_NORTHERN_AFRICA = "dz eg eh ly ma sd tn"
_SUB_SAHARAN_AFRICA = (
    "ao bf bi bj bw cd cf cg ci cm cv dj er et ga gh gm gn gq gw ke km lr ls mg ml mr mu mw mz na "
    "ne ng re rw sc sh sl sn so ss st sz td tg tz ug yt za zm zw"
)
_WESTERN_ASIA = "ae am az bh cy ge il iq jo kw lb om ps qa sa sy tr ye"
_OTHER_ASIA = (
    "af bd bn bt cn hk id in ir jp kg kh kp kr kz la lk mm mn mo mv my np ph pk sg th tj tl tm tw "
    "uz vn"
)
_CARIBBEAN = "ag ai aw bb bl bq bs cu cw dm do gd gp ht jm kn ky lc mf mq ms pr sx tc tt vc vg vi"
_CENTRAL_AMERICA = "bz cr gt hn mx ni pa sv"
_SOUTH_AMERICA = "ar bo br cl co ec fk gf gy pe py sr uy ve"
_PLACES = {
    "002": f"{_NORTHERN_AFRICA} {_SUB_SAHARAN_AFRICA}",
    "003": f"bm ca gl pm us {_CENTRAL_AMERICA} {_CARIBBEAN}",
    "005": _SOUTH_AMERICA,
    "029": _CARIBBEAN,
    "142": f"{_WESTERN_ASIA} {_OTHER_ASIA}",
    "145": _WESTERN_ASIA,
    "150": _EUROPE,
    "202": _SUB_SAHARAN_AFRICA,
    "419": f"{_CARIBBEAN} {_CENTRAL_AMERICA} {_SOUTH_AMERICA}",
    "830": "gg je",
    "conus": "us",
    "crimea": "ua",
    "eth": "et",
    "fx": "fr",
    "khm": "kh",
    "mainland china": "cn",
    "northern cyprus": "cy",
    "sba": "cy",
    "aldi-sued.geojson": "de",
    "konsum-dresden.geojson": "de",
    "konsum-leipzig.geojson": "de",
    "london-cycles.geojson": "gb",
    "miltonkeynes-cycles.geojson": "gb",
}


def countries_of(included: Iterable[str], excluded: Iterable[str] = ()) -> tuple[str, ...]:
    """ISO 3166-1 alpha-2 codes in lower case, sorted; none means anywhere.

    A place that cannot be told, the world among them, makes it anywhere: a merchant in too many
    countries is found, one in too few is not. What is left out counts only where it is a country.
    """
    codes: set[str] = set()
    for place in included:
        found = _codes(place)
        if not found:
            return ()
        codes.update(found)
    return tuple(sorted(codes.difference(excluded) or codes))


def _codes(place: str) -> tuple[str, ...]:
    if place in _PLACES:
        return tuple(_PLACES[place].split())
    if place.startswith("stadtmobil-"):
        return ("de",)
    match = _BY_SUBDIVISION.fullmatch(place)
    return (match[1],) if match else ()
