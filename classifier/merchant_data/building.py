"""The table of merchants from its three sources."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.engine.merchants.table import read_merchants
from classifier.engine.merchants.types import Merchant
from classifier.exceptions import InputFileError
from classifier.merchant_data.brands import join, merchants_of, other_tags, overlap
from classifier.merchant_data.card_codes import merchants_of_codes
from classifier.merchant_data.names import distinct, plain_name
from classifier.merchant_data.ranks import main_tag
from classifier.merchant_data.source import read_name_suggestions


@dataclass(frozen=True, slots=True)
class MerchantTable:
    """All merchants, sorted by key, and how many came from where."""

    merchants: tuple[Merchant, ...]
    source_version: str
    brand_count: int
    written_count: int
    code_count: int


def build_table(source: Path, written: Path) -> MerchantTable:
    """The table from the package name-suggestion-index at `source` and what is written by hand.

    Raises InputFileError where one of the two cannot be read, and where two written merchants
    of one country have a name in common.
    """
    suggestions = read_name_suggestions(source)
    by_hand = read_merchants(written)
    _refuse_shared_names(by_hand, written)
    brands, corrected = correct(merchants_of(suggestions), by_hand)
    codes = merchants_of_codes(
        plain_name(name)
        for merchant in (*brands, *corrected)
        for name in (merchant.name, *merchant.aliases)
    )
    merchants = sorted((*brands, *corrected, *codes), key=lambda merchant: merchant.key)
    return MerchantTable(
        merchants=tuple(merchants),
        source_version=suggestions.version,
        brand_count=len(brands),
        written_count=len(corrected),
        code_count=len(codes),
    )


def correct(
    brands: Sequence[Merchant], written: Sequence[Merchant]
) -> tuple[list[Merchant], list[Merchant]]:
    """The brands that stay, and the written merchants with what the brands know of them.

    A written merchant takes the place of the brand with its key and of those called by one of its
    names in its countries. Nobody else keeps an alias that is a written merchant's name there.
    """
    by_key = {brand.key: brand for brand in brands}
    by_name: dict[str, list[Merchant]] = defaultdict(list)
    for brand in brands:
        by_name[plain_name(brand.name)].append(brand)
    owners = _owners(written)
    replaced: set[str] = set()
    corrected = []
    for merchant in written:
        same = {merchant.key: by_key[merchant.key]} if merchant.key in by_key else {}
        for name in dict.fromkeys(map(plain_name, (merchant.name, *merchant.aliases))):
            for brand in by_name.get(name, ()):
                if brand.key not in replaced and _is_same(merchant, brand):
                    same[brand.key] = brand
        replaced.update(same)
        completed = _completed(merchant, list(same.values()))
        corrected.append(_without_names_of(owners, completed))
    rest = [_without_names_of(owners, brand) for brand in brands if brand.key not in replaced]
    return rest, corrected


def _is_same(merchant: Merchant, brand: Merchant) -> bool:
    """Whether a brand that is called by a name of a written merchant is that merchant.

    By another name than the first, a merchant of the whole world is not every shop called so.
    """
    is_first = plain_name(brand.name) == plain_name(merchant.name)
    is_certain = is_first or merchant.countries or main_tag(brand.tag) == main_tag(merchant.tag)
    return bool(is_certain) and overlap(brand, merchant)


def _completed(merchant: Merchant, brands: Sequence[Merchant]) -> Merchant:
    if not brands:
        return merchant
    known = join(sorted(brands, key=lambda brand: main_tag(brand.tag) != main_tag(merchant.tag)))
    alike = [brand for brand in brands if main_tag(brand.tag) == main_tag(merchant.tag)]
    ids = [brand.wikidata_id for brand in (*alike, known) if brand.wikidata_id]
    return replace(
        merchant,
        aliases=distinct(merchant.name, (*merchant.aliases, known.name, *known.aliases)),
        wikidata_id=merchant.wikidata_id or next(iter(ids), ""),
        other_tags=other_tags(merchant.tag, (*merchant.other_tags, known.tag, *known.other_tags)),
    )


def _owners(written: Iterable[Merchant]) -> dict[str, list[Merchant]]:
    owners: dict[str, list[Merchant]] = defaultdict(list)
    for merchant in written:
        for name in dict.fromkeys(map(plain_name, (merchant.name, *merchant.aliases))):
            owners[name].append(merchant)
    return owners


def _without_names_of(owners: Mapping[str, Sequence[Merchant]], merchant: Merchant) -> Merchant:
    """A merchant without the aliases that are names of another written one in its countries."""
    kept = tuple(
        alias
        for alias in merchant.aliases
        if not any(
            owner.key != merchant.key and overlap(owner, merchant)
            for owner in owners.get(plain_name(alias), ())
        )
    )
    if len(kept) == len(merchant.aliases):
        return merchant
    return replace(merchant, aliases=kept)


def _refuse_shared_names(written: Sequence[Merchant], path: Path) -> None:
    for name, owners in _owners(written).items():
        for i, owner in enumerate(owners):
            if other := next((o for o in owners[i + 1 :] if overlap(owner, o)), None):
                raise InputFileError(
                    f"{path}: {owner.key} and {other.key} are both called {name!r}."
                )
