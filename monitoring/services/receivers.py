"""Receivers: whether anything can be sent to one, and the test of it."""

import secrets

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from monitoring.models import Notification, Receiver
from monitoring.notifiers import NOTIFIERS
from monitoring.services.messages import message_of

SECRET_BYTES = 32


def problems_of(receiver: Receiver) -> dict[str, str]:
    """Why nothing can be sent to it as it is, by field; `kind` where its kind is switched off."""
    return NOTIFIERS[receiver.kind].problems(receiver)


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def request_test(receiver: Receiver, by: AbstractBaseUser | None) -> Notification:
    """A message that says that nothing is wrong, on the way that all take; tried once."""
    now = timezone.now()
    row = Notification(
        receiver=receiver,
        kind=Notification.Kind.TEST,
        due_at=now,
        requested_by=by,  # type: ignore[misc]
    )
    message = message_of(row.message_id, row.kind, [], now)
    row.subject, row.payload = message.subject, message.to_json()
    row.save()
    return row


def is_named_in_log(receiver: Receiver) -> bool:
    """Whether anything was ever to be sent to it: then it is switched off and not deleted."""
    return receiver.notifications.exists()
