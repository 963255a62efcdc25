"""Make and check API keys."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from django.core.cache import caches
from django.db.models import Q
from django.utils import timezone

from classifier.exceptions import InvalidItemError
from classifier.models import ApiKey, Scope

# `last_used_at` is for people who tidy up; a write with every request would be a waste.
LAST_USED_PRECISION = timedelta(minutes=1)
# Each process keeps the row of a key in use this long: finding it is a quarter of the cost of a
# request. Elsewhere than where it was revoked, a key may be used for as long after.
KEPT_SECONDS = 1
KEY_FORM = re.compile(r"[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}")


def create_api_key(
    name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key's row, and the key in clear, which is kept nowhere.

    Raises InvalidItemError for an unknown scope or an empty name.
    """
    unknown = [scope for scope in scopes if scope not in Scope.values]
    if unknown or not scopes:
        allowed = ", ".join(Scope.values)
        raise InvalidItemError("scopes", f"Unknown: {', '.join(unknown) or 'none'}. Use {allowed}.")
    if not name.strip():
        raise InvalidItemError("name", "A key needs a name.")
    row, key = ApiKey.objects.create_key(
        name=name.strip(), scopes=list(scopes), expiry_date=expires_at
    )
    return cast(ApiKey, row), key


def find_usable_key(key: str) -> ApiKey | None:
    """The row of a key that is known, not revoked and not expired; its use is noted.

    The row is as old as KEPT_SECONDS at most. What cannot be a key costs no query.
    """
    if not KEY_FORM.fullmatch(key):
        return None
    kept_as = hashlib.sha256(key.encode()).hexdigest()
    kept: ApiKey | None = caches["process"].get(kept_as)
    if kept is not None:
        return None if kept.has_expired else kept
    try:
        row = cast(ApiKey, ApiKey.objects.get_from_key(key))
    except ApiKey.DoesNotExist:
        return None
    if row.has_expired:
        return None
    _note_use(row)
    caches["process"].set(kept_as, row, KEPT_SECONDS)
    return row


def revoke_api_key(row: ApiKey) -> None:
    """Refuse the key from the next request on; from KEPT_SECONDS on in other processes.

    It cannot be undone.
    """
    row.revoked = True
    row.save(update_fields=["revoked"])
    caches["process"].clear()


def _note_use(row: ApiKey) -> None:
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at >= LAST_USED_PRECISION:
        is_stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_PRECISION)
        ApiKey.objects.filter(is_stale, pk=row.pk).update(last_used_at=now)
