"""Take turns: of many processes that could do a piece of work, one does it.

A turn is taken by a conditional UPDATE. Who took it and was paused for longer than its lease finds
at its end that another has it: its transaction is undone, and nothing is done twice. Who fails
gives it back: the work is done again when it is next due, and not when the lease is over.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import Error, IntegrityError
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from monitoring.exceptions import TurnLostError
from monitoring.models import Turn
from monitoring.services.clock import database_time

SNAPSHOTS, ALERTS, NOTIFICATIONS = "snapshots", "alerts", "notifications"
# Without any of these nobody would be told of anything; what is not done when one fails.
WATCHED = {
    SNAPSHOTS: "no snapshot has been taken",
    ALERTS: "no alert rule has been judged",
    NOTIFICATIONS: "no message has been written",
}
# None of them takes so long.
LATE_AFTER = timedelta(minutes=5)
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

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Around the transaction of the work, and all that it needs.

        Raises what the work raises; TurnLostError where the database refused a row because
        another, who has taken the turn meanwhile, has written it.
        """
        is_done = False
        try:
            yield
            is_done = True
        except IntegrityError as error:
            self.check(error)
            raise
        finally:
            if not is_done:
                self._give_back()

    def check(self, cause: Exception | None = None) -> None:
        """Raises TurnLostError where another has taken the turn meanwhile."""
        if not self._mine().exists():
            raise self._lost() from cause

    def finish(self, done_until: datetime | None = None) -> None:
        """Call it last within the transaction of the work.

        Raises TurnLostError where another has taken the turn meanwhile: the transaction must be
        undone.
        """
        fields = {"token": None, "done_at": timezone.now()}
        if done_until is not None:
            fields["done_until"] = done_until
        if not self._mine().update(**fields):
            raise self._lost()

    def _give_back(self) -> None:
        # A database that is away cannot be told: then the lease is waited for.
        with suppress(Error):
            self._mine().update(token=None)

    def _mine(self) -> "QuerySet[Turn]":
        return Turn.objects.filter(name=self.name, token=self.token)

    def _lost(self) -> TurnLostError:
        return TurnLostError(f"The turn “{self.name}” was taken over by another process.")


@dataclass(frozen=True, slots=True)
class Late:
    """A turn that has not been ended for too long, since it last was, or was first asked for."""

    name: str
    since: datetime

    @property
    def sentence(self) -> str:
        """Without a capital and a full stop."""
        return f"{WATCHED[self.name]} since {self.since:%Y-%m-%d %H:%M:%S} UTC"


def late_turns(now: datetime) -> list[Late]:
    """Of those that are watched, in the order in which one builds on the other. One that nobody has
    asked for yet is not late."""
    ended_at = Coalesce("done_at", "created_at")
    since = dict(Turn.objects.filter(name__in=WATCHED).values_list("name", ended_at))
    return [
        Late(name, since[name])
        for name in WATCHED
        if name in since and now - since[name] > LATE_AFTER
    ]


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
    looked = turns.annotate(is_open=is_due & is_free)
    is_open = looked.values_list("is_open", flat=True).first()
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
