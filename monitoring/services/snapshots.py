"""Take a snapshot of every series each minute, and roll minutes up to hours and days."""

from datetime import timedelta

from django.db import transaction

from monitoring.services.turns import take

EVERY = timedelta(minutes=1)


def take_due() -> None:
    """Whatever minutes, hours and days are over and not yet held, where this process's turn is."""
    held = take("snapshots", EVERY)
    if held is None:
        return
    with transaction.atomic():
        held.finish(done_until=held.taken_at)
