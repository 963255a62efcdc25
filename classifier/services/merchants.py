"""The table of built-in merchants as rows, and what a version is built from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from django.db import transaction
from django.db.models import Q
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from classifier.engine.merchants import types
from classifier.engine.merchants.table import read_merchants, read_tags
from classifier.models import Category, Merchant, MerchantTag
from classifier.models.merchant import search_text
from classifier.progress import Progress, silent
from classifier.services.taxonomy import DATA_DIR, SEED_REASON

MERCHANTS_FILE = DATA_DIR / "merchants.csv.gz"
TAGS_FILE = DATA_DIR / "merchant_tags.csv"

Row = TypeVar("Row")
BATCH = 1000
# A built-in merchant's columns that the table decides.
FROM_TABLE = ("name", "tag", "aliases", "countries", "wikidata_id")


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """Rows added, rows that follow a change of the table, merchants switched off because they
    left it."""

    merchants: int
    changed: int
    switched_off: int
    tags: int
    changed_tags: int

    @property
    def is_nothing(self) -> bool:
        return not any(
            (self.merchants, self.changed, self.switched_off, self.tags, self.changed_tags)
        )


@transaction.atomic
def load_merchants(
    report: Progress = silent,
    merchants_file: Path = MERCHANTS_FILE,
    tags_file: Path = TAGS_FILE,
) -> LoadCounts:
    """Bring the built-in merchants and the kinds of merchant to what the files say.

    An analyst's word stands: a kind that was changed by hand is not touched, a merchant that was
    switched off by hand stays off. One that left the table is switched off, never deleted;
    predictions may name it. Loading the merchants writes no history. Raises InputFileError.
    """
    merchants, tags = read_merchants(merchants_file), read_tags(tags_file)
    report(0.1, "kinds of merchant")
    added_tags, changed_tags = _load_tags(tags)
    added, changed, switched_off = _load_built_in(merchants, report)
    report(1.0, "merchants")
    return LoadCounts(added, changed, switched_off, added_tags, changed_tags)


def own_merchants() -> list[types.Merchant]:
    """The analysts' active merchants, in the order they were made.

    One whose category is switched off is known without it.
    """
    usable = set(Category.objects.active().detailed().values_list("pk", flat=True))
    rows = Merchant.objects.own().active().select_related("category").order_by("id")
    return [
        types.Merchant(
            key=row.key,
            name=row.name,
            tag=row.tag,
            aliases=tuple(row.aliases),
            countries=tuple(row.countries),
            wikidata_id=row.wikidata_id,
            category=row.category.slug if row.category and row.category_id in usable else "",
        )
        for row in rows
    ]


def switched_off() -> set[str]:
    """Keys of the built-in merchants that are not to be known."""
    off = Merchant.objects.built_in().filter(is_active=False)
    return set(off.values_list("key", flat=True))


def merchant_tags() -> list[types.Tag]:
    """The kinds of merchant by tag; without a category that is switched off."""
    usable = dict(Category.objects.active().detailed().values_list("pk", "slug"))
    rows = MerchantTag.objects.order_by("tag")
    return [types.Tag(row.tag, row.words, usable.get(row.category_id or 0, "")) for row in rows]


def _load_built_in(merchants: Sequence[types.Merchant], report: Progress) -> tuple[int, int, int]:
    """(added, changed, switched off)"""
    by_key = {merchant.key: merchant for merchant in merchants}
    stored = {
        key: (is_active, values)
        for key, is_active, *values in Merchant.objects.built_in()
        .order_by()
        .values_list("key", "is_active", *FROM_TABLE)
    }
    off_by_hand = _switched_off_by_hand([key for key, (is_on, _) in stored.items() if not is_on])
    added, changed = [], []
    for key, merchant in by_key.items():
        is_active = key not in off_by_hand
        row = _row(merchant, is_active)
        if key not in stored:
            added.append(row)
        elif stored[key] != (is_active, [getattr(row, name) for name in FROM_TABLE]):
            changed.append(row)
    _write(added + changed, report)
    left = [key for key, (is_active, _) in stored.items() if is_active and key not in by_key]
    for keys in _batches(left):
        Merchant.objects.filter(key__in=keys).update(is_active=False)
    return len(added), len(changed), len(left)


def _switched_off_by_hand(keys: list[str]) -> set[str]:
    """Those of `keys` that somebody switched off last: what the table does leaves no history."""
    newest: dict[str, bool] = {}
    for batch in _batches(keys):
        acts = Merchant.history.filter(key__in=batch).order_by("history_date", "history_id")
        newest.update(acts.values_list("key", "is_active"))
    return {key for key, is_active in newest.items() if not is_active}


def _row(merchant: types.Merchant, is_active: bool) -> Merchant:
    aliases = list(merchant.aliases)
    return Merchant(
        key=merchant.key,
        name=merchant.name,
        tag=merchant.tag,
        aliases=aliases,
        countries=list(merchant.countries),
        wikidata_id=merchant.wikidata_id,
        source=Merchant.Source.BUILT_IN,
        is_active=is_active,
        search_text=search_text(merchant.name, aliases),
    )


def _write(rows: list[Merchant], report: Progress) -> None:
    done = 0
    for batch in _batches(rows):
        Merchant.objects.bulk_create(
            batch,
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=[*FROM_TABLE, "is_active", "search_text"],
        )
        done += len(batch)
        report(0.2 + 0.8 * done / len(rows), "merchants")


def _load_tags(tags: Sequence[types.Tag]) -> tuple[int, int]:
    """(added, changed), each with its history."""
    # A row of history that somebody's hand wrote has no reason, or another than the seed's.
    by_hand = Q(history_change_reason__isnull=True) | ~Q(history_change_reason=SEED_REASON)
    settled = set(MerchantTag.history.filter(by_hand).values_list("tag", flat=True))
    categories = dict(Category.objects.detailed().values_list("slug", "pk"))
    stored = {row.tag: row for row in MerchantTag.objects.all()}
    added, changed = [], []
    for tag in tags:
        category_id = categories.get(tag.category)
        row = stored.get(tag.tag)
        if tag.tag in settled:
            continue
        if row is None:
            added.append(MerchantTag(tag=tag.tag, words=tag.words, category_id=category_id))
        elif (row.words, row.category_id) != (tag.words, category_id):
            row.words, row.category_id = tag.words, category_id
            changed.append(row)
    bulk_create_with_history(
        added, MerchantTag, batch_size=BATCH, default_change_reason=SEED_REASON
    )
    bulk_update_with_history(
        changed,
        MerchantTag,
        ["words", "category"],
        batch_size=BATCH,
        default_change_reason=SEED_REASON,
    )
    return len(added), len(changed)


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
