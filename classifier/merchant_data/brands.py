"""Merchants from name-suggestion-index: its paid kinds of place, one brand once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from classifier.engine.merchants.types import Merchant
from classifier.merchant_data.countries import countries_of
from classifier.merchant_data.kinds import (
    COUNTRIES_OF_OPERATORS,
    HOME_COUNTRIES,
    is_paid,
    tag_of,
)
from classifier.merchant_data.names import (
    display_name,
    distinct,
    is_any,
    other_names,
    plain_name,
    tidy,
)
from classifier.merchant_data.ranks import GUESTS, HOSTS, main_tag, rank
from classifier.merchant_data.source import Entry, Kind, NameSuggestions

_IDS = ("brand:wikidata", "network:wikidata", "operator:wikidata")


def merchants_of(source: NameSuggestions) -> list[Merchant]:
    """All whom people pay, sorted by key."""
    found = [
        merchant
        for kind in source.kinds
        for entry in kind.entries
        if (merchant := _merchant(source, kind, entry))
    ]
    merged = [join(group) for group in _by_wikidata_id(found)]
    merged = _join_strays(merged)
    return sorted(_join_guests(merged), key=lambda merchant: merchant.key)


def overlap(some: Merchant, other: Merchant) -> bool:
    """Whether there may be a country that both are in."""
    return (
        not some.countries
        or not other.countries
        or not set(some.countries).isdisjoint(other.countries)
    )


def join(merchants: Iterable[Merchant]) -> Merchant:
    """One merchant of several entries: that of the first rank among those of the shortest
    name, with the rest as its other names and tags."""
    found = list(merchants)
    names = {plain_name(merchant.name) for merchant in found}
    ranked = sorted(found, key=lambda merchant: (_is_longer(merchant.name, names), _rank(merchant)))
    first = ranked[0]
    if len(ranked) == 1:
        return first
    all_names = [name for merchant in ranked for name in (merchant.name, *merchant.aliases)]
    tags = [tag for merchant in ranked for tag in (merchant.tag, *merchant.other_tags)]
    is_anywhere = any(not merchant.countries for merchant in ranked)
    countries = {country for merchant in ranked for country in merchant.countries}
    return Merchant(
        key=first.key,
        name=first.name,
        tag=first.tag,
        aliases=distinct(first.name, all_names),
        countries=() if is_anywhere else tuple(sorted(countries)),
        wikidata_id=next((m.wikidata_id for m in ranked if m.wikidata_id), ""),
        other_tags=other_tags(first.tag, tags),
    )


def _is_longer(name: str, names: Iterable[str]) -> bool:
    """Whether a name is one of `names` and more: IKEA Restaurant is a part of IKEA."""
    return any(plain_name(name).startswith(f"{other} ") for other in names)


def other_tags(tag: str, tags: Iterable[str]) -> tuple[str, ...]:
    """`tags` but `tag`, sorted by rank, one a main tag: a second kind of food is no other shop."""
    kinds: dict[str, str] = {}
    for other in tags:
        kinds.setdefault(main_tag(other), other)
    kinds.pop(main_tag(tag), None)
    return tuple(sorted(kinds.values(), key=rank))


def _rank(merchant: Merchant) -> tuple[object, ...]:
    """Of one rank, the entry of more countries goes before, then the one with fewer letters."""
    reach = -len(merchant.countries) if merchant.countries else -1000
    place, tag = rank(merchant.tag)
    return (place, reach, len(merchant.name), tag, merchant.key)


def _merchant(source: NameSuggestions, kind: Kind, entry: Entry) -> Merchant | None:
    if not is_paid(kind.path, entry.tags, entry.display_name):
        return None
    name = display_name(entry.display_name, entry.tags)
    refused = (*source.generic_words, *kind.excluded_names)
    if len(plain_name(name).replace(" ", "")) < 2 or is_any(name, source.generic_words):
        return None
    countries = countries_of(entry.included, entry.excluded)
    wikidata_id = next((entry.tags[key] for key in _IDS if key in entry.tags), "").split(";")[0]
    wanted = COUNTRIES_OF_OPERATORS.get(kind.path)
    if wanted is not None and wanted.isdisjoint(countries):
        return None
    names = (entry.display_name, *other_names(entry.tags), *entry.match_names)
    if kind.path.startswith("transit/"):
        if not wikidata_id and HOME_COUNTRIES.isdisjoint(countries):
            return None
        if not countries:
            # "Metro (Houston)" is in a circle of no known country: METRO is not it elsewhere.
            name, names = tidy(entry.display_name), entry.match_names
    return Merchant(
        key=entry.key,
        name=name,
        tag=tag_of(kind.path, entry.tags, entry.display_name),
        aliases=distinct(name, names, refused),
        countries=countries,
        wikidata_id=wikidata_id,
    )


def _by_wikidata_id(merchants: Iterable[Merchant]) -> Iterator[list[Merchant]]:
    groups: dict[str, list[Merchant]] = defaultdict(list)
    for merchant in merchants:
        groups[merchant.wikidata_id or merchant.key].append(merchant)
    yield from groups.values()


def _join_strays(merchants: Iterable[Merchant]) -> list[Merchant]:
    """Join those without a Wikidata id to one of their name in their country, if there is one.

    Two with ids of their own are two businesses, however alike their names.
    """
    return _join_alike(merchants, lambda stray, _: not stray.wikidata_id)


def _join_guests(merchants: Iterable[Merchant]) -> list[Merchant]:
    """Join the fuel stations and pharmacies of a supermarket, which have ids of their own."""
    return _join_alike(
        merchants,
        lambda guest, host: main_tag(guest.tag) in GUESTS and main_tag(host.tag) in HOSTS,
    )


def _join_alike(
    merchants: Iterable[Merchant], belongs: Callable[[Merchant, Merchant], bool]
) -> list[Merchant]:
    """Join merchants of one name with overlapping countries where `belongs(one, other)`."""
    named: dict[str, list[Merchant]] = defaultdict(list)
    for merchant in merchants:
        named[plain_name(merchant.name)].append(merchant)
    return [joined for alike in named.values() for joined in _join_group(alike, belongs)]


def _join_group(
    alike: list[Merchant], belongs: Callable[[Merchant, Merchant], bool]
) -> list[Merchant]:
    """Each but the first by rank is joined to the first before it that it belongs to."""
    joined: list[list[Merchant]] = []
    for merchant in sorted(alike, key=lambda m: (not m.wikidata_id, _rank(m))):
        for group in joined:
            if belongs(merchant, group[0]) and overlap(merchant, group[0]):
                group.append(merchant)
                break
        else:
            joined.append([merchant])
    return [join(group) for group in joined]
