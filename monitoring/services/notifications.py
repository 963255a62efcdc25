"""Say to receivers what has to be said of alerts, once, and try again what could not be said."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from monitoring.exceptions import TurnLostError
from monitoring.services.deliveries import Clock, send_due
from monitoring.services.news import write_due
from monitoring.services.turns import NOTIFICATIONS, take

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=5)


def deliver(clock: Clock = timezone.now) -> None:
    """Write down what is due to be told, and send what is due to be sent."""
    held = take(NOTIFICATIONS, EVERY, clock())
    if held is not None:
        try:
            with held.at_work(), transaction.atomic():
                write_due(held.taken_at)
                held.finish(held.taken_at)
        except TurnLostError as error:
            # What was written is undone; who has the turn now writes it.
            logger.warning("Nothing is written, for others were at it: %s", error)
    send_due(clock)
