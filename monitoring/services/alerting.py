"""Judge every rule, and begin, keep and end its episodes."""

from datetime import timedelta

from django.db import transaction

from monitoring.services.turns import take

EVERY = timedelta(seconds=30)


def evaluate_due() -> None:
    """Judge all rules that are enabled, where this process's turn is."""
    held = take("alerts", EVERY)
    if held is None:
        return
    with transaction.atomic():
        held.finish(done_until=held.taken_at)
