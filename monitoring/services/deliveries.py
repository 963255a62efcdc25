"""Send what waits to be sent. Each attempt is a row; who sends it has claimed it by a conditional
UPDATE, and sends outside of any transaction.

Nothing can say whether a sender that died had been heard. Its message is sent again under the id
that it had, by which the receiver knows it.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from monitoring.exceptions import UnreadableMessageError
from monitoring.models import Notification
from monitoring.notifiers import NOTIFIERS, Deadline, Message, Outcome

logger = logging.getLogger(__name__)

Status = Notification.Status
Kind = Notification.Kind
# A sender that says nothing for so long has died: longer than a send and a look-up of a name take.
INTERRUPTED_AFTER = timedelta(minutes=2)
INTERRUPTED = "Interrupted: the process that sent it was not heard again."
MAX_ATTEMPTS = 8
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
# In one look: the rest is for other processes, or for the next.
MAX_AT_ONCE = 20
MAX_ANSWER = 500
UNREADABLE = "Another release of txcat wrote it: this one cannot read it."

Clock = Callable[[], datetime]


def send_due(clock: Clock) -> None:
    """All that is due, the oldest first."""
    _give_up_interrupted(clock())
    waiting = Notification.objects.filter(_is_due(clock()), status=Status.WAITING)
    for pk in list(waiting.order_by("due_at").values_list("pk", flat=True)[:MAX_AT_ONCE]):
        row = _claim(pk, clock())
        if row is not None:
            _end(row, _send(row), clock())


def _is_due(now: datetime) -> Q:
    """One that is due later than any pause lasts was written before the clock was set back."""
    return Q(due_at__lte=now) | Q(due_at__gt=now + 2 * LONGEST_PAUSE)


def _claim(pk: int, now: datetime) -> Notification | None:
    waiting = Notification.objects.filter(pk=pk, status=Status.WAITING)
    if not waiting.update(status=Status.SENDING, started_at=now):
        return None
    return Notification.objects.select_related("receiver").get(pk=pk)


def _send(row: Notification) -> Outcome | None:
    """None where the receiver was switched off: it is tested even so."""
    notifier = NOTIFIERS[row.receiver.kind]
    deadline = Deadline(notifier.send_seconds)
    if not row.receiver.is_enabled and row.kind != Kind.TEST:
        return None
    try:
        message = Message.from_json(row.message_id, row.payload)
    except UnreadableMessageError:
        return Outcome(False, UNREADABLE, is_final=True)
    return notifier.send(row.receiver, message, deadline)


def _end(row: Notification, outcome: Outcome | None, now: datetime) -> None:
    """Write down what came of it, with the next attempt where there is to be one. Nothing where
    the attempt was given up meanwhile."""
    if outcome is None:
        status, answer = Status.DROPPED, "The receiver was switched off."
    else:
        status, answer = _status(outcome), outcome.answer
    with transaction.atomic():
        mine = Notification.objects.filter(
            pk=row.pk, status=Status.SENDING, started_at=row.started_at
        )
        if not mine.update(status=status, answer=_printable(answer), finished_at=now):
            return
        if outcome is not None and _is_tried_again(row, outcome):
            _try_again(row, now + _pause(row.attempt, outcome.retry_after))
    if status in (Status.FAILED, Status.UNKNOWN):
        logger.warning("Notification %s failed at attempt %s.", row.message_id, row.attempt)


def _status(outcome: Outcome) -> Notification.Status:
    if outcome.is_sent:
        return Status.SENT
    return Status.UNKNOWN if outcome.is_unknown else Status.FAILED


def _is_tried_again(row: Notification, outcome: Outcome) -> bool:
    if outcome.is_sent or outcome.is_final:
        return False
    return row.kind != Kind.TEST and row.attempt < MAX_ATTEMPTS


def _try_again(row: Notification, due_at: datetime) -> None:
    """What was told goes with the newest attempt, whose status says whether it was."""
    following = Notification.objects.create(
        receiver=row.receiver,
        kind=row.kind,
        message_id=row.message_id,
        attempt=row.attempt + 1,
        subject=row.subject,
        payload=row.payload,
        due_at=due_at,
    )
    row.told.update(notification=following)


def _pause(attempt: int, asked: int | None) -> timedelta:
    """30 s, 1 min, 2 min …; longer where the receiver asked for it, and never above an hour."""
    pause = FIRST_PAUSE * (1 << (attempt - 1))
    return min(max(pause, timedelta(seconds=asked or 0)), LONGEST_PAUSE)


def _give_up_interrupted(now: datetime) -> None:
    is_long_ago = Q(started_at__lte=now - INTERRUPTED_AFTER)
    is_far_ahead = Q(started_at__gt=now + INTERRUPTED_AFTER)
    sending = Notification.objects.filter(is_long_ago | is_far_ahead, status=Status.SENDING)
    for row in sending.select_related("receiver"):
        _end(row, Outcome(False, INTERRUPTED, is_unknown=True), now)


def _printable(text: str) -> str:
    """NUL and its like are in no text of PostgreSQL."""
    return "".join(letter for letter in text if letter.isprintable())[:MAX_ANSWER]
