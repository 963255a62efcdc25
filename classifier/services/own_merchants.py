"""Curate merchants."""

from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.text import slugify
from simple_history.utils import bulk_update_with_history
from uuid_utils.compat import uuid7

from classifier.models import Merchant
from classifier.models.merchant import compared, every_word

BATCH = 500
# With the random end, so that none is that of a merchant of the table.
OWN_PREFIX = "own-"


def save_own_merchant(merchant: Merchant) -> None:
    """Store a merchant that was checked; a new one gets its key, which stays for good."""
    if not merchant.key:
        # The end of a UUID is its random part.
        slug = slugify(merchant.name)[:80] or "merchant"
        merchant.key = f"{OWN_PREFIX}{slug}-{uuid7().hex[-8:]}"
    merchant.source = Merchant.Source.OWN
    merchant.save()


def built_in_namesakes(merchant: Merchant) -> list[Merchant]:
    """Active built-in merchants that have a name of an own one, by name: its own goes before."""
    names = {compared(name) for name in merchant.names}
    like_it = reduce(or_, (every_word(name) for name in merchant.names))
    found = [
        row
        for row in Merchant.objects.built_in().active().filter(like_it)
        if not names.isdisjoint(compared(each) for each in row.names)
    ]
    return sorted(found, key=lambda row: (row.name, row.pk))


@transaction.atomic
def switch_merchants(
    merchants: "QuerySet[Merchant]", is_active: bool
) -> tuple[int, list[tuple[Merchant, str]]]:
    """Switch merchants on or off, each with its history row.

    Returns how many changed, and the own ones that stay off with the reason of each: another
    that is on has taken a name of theirs.
    """
    chosen = list(merchants.filter(is_active=not is_active).order_by("id"))
    active = list(Merchant.objects.own().active()) if is_active else []
    changed, refused = [], []
    for merchant in chosen:
        if is_active and merchant.source == Merchant.Source.OWN:
            try:
                merchant.clean_beside(active)
            except ValidationError as error:
                refused.append((merchant, " ".join(error.messages)))
                continue
            active.append(merchant)
        merchant.is_active = is_active
        changed.append(merchant)
    bulk_update_with_history(changed, Merchant, ["is_active"], batch_size=BATCH)
    return len(changed), refused
