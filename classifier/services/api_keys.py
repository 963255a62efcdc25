"""Make and check API keys."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from django.db.models import Q
from django.utils import timezone

from classifier.exceptions import InvalidItemError
from classifier.models import ApiKey, Scope

# `last_used_at` is for people who tidy up; a write with every request would be a waste.
LAST_USED_PRECISION = timedelta(minutes=1)
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

    What cannot be a key costs no query.
    """
    if not KEY_FORM.fullmatch(key):
        return None
    try:
        row = cast(ApiKey, ApiKey.objects.get_from_key(key))
    except ApiKey.DoesNotExist:
        return None
    if row.has_expired:
        return None
    _note_use(row)
    return row


def revoke_api_key(row: ApiKey) -> None:
    """Refuse the key from the next request on. It cannot be undone."""
    row.revoked = True
    row.save(update_fields=["revoked"])


def _note_use(row: ApiKey) -> None:
    now = timezone.now()
    if row.last_used_at is None or now - row.last_used_at >= LAST_USED_PRECISION:
        is_stale = Q(last_used_at=None) | Q(last_used_at__lte=now - LAST_USED_PRECISION)
        ApiKey.objects.filter(is_stale, pk=row.pk).update(last_used_at=now)
