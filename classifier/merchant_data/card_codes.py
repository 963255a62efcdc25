"""Airlines, car rentals and hotels that have a merchant category code of their own (ISO 18245).

The names are those of Visa, Mastercard and American Express, as iso18245 has them.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache

import iso18245

from classifier.engine.merchants.types import Merchant
from classifier.merchant_data.names import distinct, plain_name, tidy

# First code, last code, tag.
RANGES = (
    ("3000", "3350", "office=airline"),
    ("3351", "3500", "amenity=car_rental"),
    ("3501", "3999", "tourism=hotel"),
)
# Codes whose names are words of every day, places or other businesses, those whose holders are
# long gone, and 3998, which is China's railway.
_LEFT_OUT = frozenset(
    {
        "3002",
        "3003",
        "3018",
        "3019",
        "3023",
        "3175",
        "3296",
        "3302",
        "3303",
        "3352",
        "3364",
        "3409",
        "3755",
        "3805",
        "3998",
    }
)
_ASIDE = re.compile(r"\s*\([^()]*\)")
# Left as they are printed by str.title(), which knows no abbreviation.
_ABBREVIATIONS = ("SAS", "KLM", "TAP", "LOT", "TWA", "ANA", "JAL", "ITA", "DHL", "USA")


def merchants_of_codes(known: Iterable[str]) -> list[Merchant]:
    """Those of which no name is among the plain names `known`."""
    taken = set(known)
    found = []
    for first, last, tag in RANGES:
        for code in _codes(first, last):
            names = list(_names(code))
            plain = {plain_name(name) for name in names}
            if code.mcc in _LEFT_OUT or not names or not plain.isdisjoint(taken):
                continue
            taken |= plain
            name = _titled(names[0])
            found.append(
                Merchant(key=f"mcc-{code.mcc}", name=name, tag=tag, aliases=distinct(name, names))
            )
    return found


@cache
def _codes(first: str, last: str) -> list[iso18245.MCC]:
    """A search through six lists for each code, which takes a second."""
    return iso18245.get_all_mccs_in_range(first, last)


def _names(code: iso18245.MCC) -> Iterator[str]:
    """The names of a code, but the short ones: SWISS, AMERICAN and HERTZ are words too."""
    for name in (
        code.mastercard_description,
        code.visa_description,
        code.amex_description,
        code.usda_description,
        code.visa_req_clearing_name,
    ):
        tidied = tidy(_ASIDE.sub("", name))
        if " " in plain_name(tidied):
            yield tidied


def _titled(name: str) -> str:
    if not name.isupper():
        return name
    return " ".join(word if word in _ABBREVIATIONS else word.title() for word in name.split())
