"""Take turns: of many processes that could do a piece of work, one does it.

A turn is taken by a conditional UPDATE. Who took it and was paused for longer than its lease finds
at its end that another has it: its transaction is undone, and nothing is done twice.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db.models import Q
from django.utils import timezone

from monitoring.exceptions import TurnLostError
from monitoring.models import Turn
from monitoring.services.clock import database_time

# Names of turns that others ask for, too.
SNAPSHOTS = "snapshots"
# Who holds a turn for longer has died or hangs: another may take it.
LEASE = timedelta(minutes=2)
# A moment that lies further ahead was written before a clock was set back.
FAR_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Held:
    """A turn that this process has taken. `done_until` is how far the last one came."""

    name: str
    token: UUID
    taken_at: datetime
    done_until: datetime | None

    def finish(self, done_until: datetime | None = None) -> None:
        """Call it last within the transaction of the work.

        Raises TurnLostError where another has taken the turn meanwhile: the transaction must be
        undone.
        """
        fields = {"token": None, "done_at": timezone.now()}
        if done_until is not None:
            fields["done_until"] = done_until
        if not Turn.objects.filter(name=self.name, token=self.token).update(**fields):
            raise TurnLostError(f"The turn “{self.name}” was taken over by another process.")


def take(name: str, every: timedelta, now: datetime | None = None) -> Held | None:
    """The turn, where it is due and nobody holds it; None where it is not.

    It is due again `every` after it was taken, however long the work takes. The time is the
    database's where none is given.
    """
    now = now or database_time()
    ahead = now + max(FAR_AHEAD, 2 * every)
    is_due = Q(due_at__lte=now) | Q(due_at__gt=ahead)
    is_free = Q(token=None) | Q(taken_at__lte=now - LEASE) | Q(taken_at__gt=now + LEASE)
    turns = Turn.objects.filter(name=name)
    # A look before the UPDATE: this would take SQLite's lock even where it finds nothing to take.
    is_open = turns.values_list(is_due & is_free, flat=True).first()
    if is_open is None:
        Turn.objects.get_or_create(name=name, defaults={"due_at": now})
    elif not is_open:
        return None
    token = uuid4()
    taken = turns.filter(is_due & is_free).update(
        token=token,
        taken_at=now,
        due_at=now + every,
        holder=f"{socket.gethostname()}/{os.getpid()}",
    )
    if not taken:
        return None
    done_until = turns.values_list("done_until", flat=True).get()
    return Held(name, token, now, done_until)
