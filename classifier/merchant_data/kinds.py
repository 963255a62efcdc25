"""Which kinds of place somebody pays at, and what their merchants are tagged as."""

import re
from collections.abc import Mapping

# Brands of what nobody pays with a card, or pays elsewhere: a totem is a station's sign.
UNPAID = frozenset(
    {
        "brands/advertising/totem",
        "brands/amenity/atm",
        "brands/amenity/bicycle_parking",
        "brands/amenity/food_sharing",
        "brands/amenity/parcel_locker",
        "brands/amenity/payment_terminal",
        "brands/amenity/post_depot",
        "brands/amenity/public_bookcase",
        "brands/amenity/recycling",
        "brands/amenity/telephone",
        "brands/amenity/trolley_bay",
        "brands/amenity/waste_basket",
        "brands/emergency/ambulance_station",
        "brands/emergency/disaster_response",
        "brands/emergency/lifeguard",
        "brands/healthcare/blood_donation",
        "brands/healthcare/sample_collection",
        "brands/landuse/industrial",
        "brands/leisure/dog_park",
        "brands/leisure/fitness_station",
        "brands/leisure/playground",
        "brands/tourism/information",
    }
)
# Operators that are paid by name. The rest are those of masts, lines, benches and the like.
PAID_OPERATORS = frozenset(
    {
        "operators/amenity/car_sharing",
        "operators/amenity/childcare",
        "operators/amenity/clinic",
        "operators/amenity/college",
        "operators/amenity/doctors",
        "operators/amenity/hospital",
        "operators/amenity/kindergarten",
        "operators/amenity/parking",
        "operators/amenity/pub",
        "operators/amenity/school",
        "operators/amenity/university",
        "operators/amenity/veterinary",
        "operators/barrier/toll_booth",
        "operators/healthcare/dialysis",
        "operators/highway/toll_gantry",
        "operators/office/energy_supplier",
        "operators/office/government",
        "operators/office/water_utility",
        "operators/power/substation",
        "operators/pipeline/substation",
        "operators/telecom/exchange",
        "operators/tourism/camp_site",
    }
)
# The countries whose banks the descriptors come from; elsewhere, local operators stay out.
HOME_COUNTRIES = frozenset({"us", "ca", "gb", "au", "za", "de", "fr", "nl", "in"})
# Where who owns the wires sends the bill as well.
_BILLED_BY_NETWORK = frozenset({"us", "ca", "za", "in"})
# Kinds of operators that are kept for these countries alone.
COUNTRIES_OF_OPERATORS: Mapping[str, frozenset[str]] = {
    "operators/amenity/clinic": HOME_COUNTRIES,
    "operators/amenity/doctors": HOME_COUNTRIES,
    "operators/amenity/hospital": HOME_COUNTRIES,
    "operators/amenity/kindergarten": HOME_COUNTRIES,
    "operators/amenity/school": frozenset({"us", "ca", "gb", "au", "za"}),
    "operators/office/government": HOME_COUNTRIES,
    "operators/power/substation": _BILLED_BY_NETWORK,
    "operators/pipeline/substation": frozenset({"us", "ca", "in"}),
}
# What tells a gas supplier among the owners of pipelines, most of which carry oil.
_GAS = ("gas", "energy", "utilities")
TRANSIT = frozenset(
    f"transit/route/{mode}"
    for mode in (
        "aerialway",
        "bus",
        "ferry",
        "light_rail",
        "subway",
        "train",
        "tram",
        "trolleybus",
    )
)
_SOLD_BY_MACHINES = ("drinks", "coffee", "water", "food", "ice_cream", "movies", "laundry", "gas")

# Who runs schools and car parks and is paid for much else.
_AUTHORITY = re.compile(
    r"\b(?:council|city of|town of|county of|borough|municipality|ville de|mairie|stadt|gemeinde"
    r"|landeshauptstadt|gemeente|government|ministry)\b",
    re.IGNORECASE,
)
# Two tags for one thing.
_SAME = {
    "man_made=charge_point": "amenity=charging_station",
    "waterway=fuel": "amenity=fuel",
    "shop=video_game": "shop=video_games",
    "barrier=toll_booth": "highway=toll_gantry",
    "power=substation": "office=utility;utility=electricity",
    "pipeline=substation": "office=utility;utility=gas",
    "office=energy_supplier": "office=utility;utility=electricity",
    "office=water_utility": "office=utility;utility=water",
    "telecom=exchange": "office=telecommunication",
    "route=trolleybus": "route=bus",
    "route=light_rail": "route=tram",
}
# What tells more of the merchants of a tag.
_DETAIL = {
    "amenity=bar": "cuisine",
    "amenity=cafe": "cuisine",
    "amenity=fast_food": "cuisine",
    "amenity=ice_cream": "cuisine",
    "amenity=pub": "cuisine",
    "amenity=restaurant": "cuisine",
    "amenity=vending_machine": "vending",
    "office=insurance": "insurance",
    "shop=beauty": "beauty",
    "shop=clothes": "clothes",
    "shop=sports": "sport",
    "shop=trade": "trade",
}
# Details that say no more than the tag.
_NO_DETAIL = frozenset({"regional", "international", "no", "yes", "men", "women", "tea"})


def is_paid(path: str, tags: Mapping[str, str], name: str) -> bool:
    """Whether people pay the merchants of a kind such as brands/shop/supermarket."""
    family = path.partition("/")[0]
    if family == "transit":
        return path in TRANSIT
    if path == "operators/pipeline/substation":
        return any(word in name.casefold() for word in _GAS)
    if family == "operators":
        return path in PAID_OPERATORS
    if path == "brands/amenity/vending_machine":
        return tags.get("vending", "").partition(";")[0] in _SOLD_BY_MACHINES
    return family == "brands" and path not in UNPAID


def tag_of(path: str, tags: Mapping[str, str], name: str) -> str:
    """The tag of a merchant, such as "amenity=fast_food;cuisine=pizza"."""
    family, key, value = path.split("/", 2)
    if family == "operators" and key == "amenity" and _AUTHORITY.search(name):
        return "office=government"
    tag = _SAME.get(f"{key}={value}", f"{key}={value}")
    detail = _DETAIL.get(tag, "")
    first = tags.get(detail, "").partition(";")[0].strip().replace(" ", "_")
    if not first or first in _NO_DETAIL or "=" in first or "|" in first:
        return tag
    return f"{tag};{detail}={first}"
