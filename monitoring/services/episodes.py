"""What people do with an episode: acknowledge it, take that back, comment. Each act is a row."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from monitoring.exceptions import ConflictError, InvalidError
from monitoring.models import Alert, AlertEvent

Kind = AlertEvent.Kind
MAX_TEXT = 1000


@transaction.atomic
def acknowledge(alert: Alert, by: AbstractBaseUser, text: str = "") -> None:
    """Somebody looks after it: it is not told again. No error where the same person does it twice.

    Raises ConflictError where it is over or another person has acknowledged it, InvalidError for a
    text that is too long.
    """
    text, now = _checked(text), timezone.now()
    free = Alert.objects.open().filter(pk=alert.pk, acknowledged_at=None)
    is_changed = free.update(acknowledged_at=now, acknowledged_by=by)
    alert.refresh_from_db()
    if is_changed:
        _record(alert, Kind.ACKNOWLEDGED, by, text, now)
        return
    _refuse_if_over(alert)
    if alert.acknowledged_by_id != by.pk:
        who = alert.acknowledged_by or "Somebody who is not here any more"
        raise ConflictError(f"{who} has acknowledged it.")


@transaction.atomic
def unacknowledge(alert: Alert, by: AbstractBaseUser) -> None:
    """It is told again, as if nobody had acknowledged it. Raises ConflictError where it is over or
    nobody has."""
    taken = Alert.objects.open().filter(pk=alert.pk, acknowledged_at__isnull=False)
    is_changed = taken.update(acknowledged_at=None, acknowledged_by=None)
    alert.refresh_from_db()
    if not is_changed:
        _refuse_if_over(alert)
        raise ConflictError("Nobody has acknowledged it.")
    _record(alert, Kind.UNACKNOWLEDGED, by, "", timezone.now())


def comment(alert: Alert, by: AbstractBaseUser, text: str) -> AlertEvent:
    """Of an episode that is over, too. Raises InvalidError for a text that is empty or too long."""
    text = _checked(text)
    if not text:
        raise InvalidError("text", "Write something.")
    return _record(alert, Kind.COMMENT, by, text, timezone.now())


def _checked(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise InvalidError("text", f"{len(text)} characters; {MAX_TEXT} at most.")
    return text


def _refuse_if_over(alert: Alert) -> None:
    if alert.status == Alert.Status.RESOLVED:
        raise ConflictError("It is over.")


def _record(alert: Alert, kind: Kind, by: AbstractBaseUser, text: str, now: datetime) -> AlertEvent:
    return AlertEvent.objects.create(
        alert=alert,
        kind=kind,
        by=by,  # type: ignore[misc]
        text=text,
        created_at=now,
    )
