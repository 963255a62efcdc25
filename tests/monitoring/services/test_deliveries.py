"""Each attempt is a row with what came of it; what may pass is tried again, later and later."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from monitoring.models import Alert, Notification, Receiver
from monitoring.services.deliveries import INTERRUPTED_AFTER, MAX_ATTEMPTS, send_due
from monitoring.services.news import write_due
from monitoring.services.notifications import deliver
from monitoring.services.receivers import request_test
from tests.monitoring.alerts import an_alert
from tests.monitoring.webhooks import SECRET, Handler, Hook, a_receiver, answering

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
Status = Notification.Status


def seconds(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def look(at: datetime) -> None:
    send_due(lambda: at)


def told(hook: Hook, **fields: Any) -> Receiver:
    """A receiver with a message that waits for noon."""
    receiver = a_receiver(hook.url, **fields)
    an_alert(started_at=NOON, fired_at=NOON, wrong_at=NOON)
    write_due(NOON)
    return receiver


def attempts() -> list[tuple[int, str]]:
    return list(Notification.objects.order_by("attempt").values_list("attempt", "status"))


def test_what_is_sent_is_written_down_with_the_answer(hook: Hook) -> None:
    told(hook)
    look(seconds(1))
    row = Notification.objects.get()
    assert (row.status, row.answer) == (Status.SENT, "200 ok")
    assert row.started_at == row.finished_at == seconds(1)
    assert hook.heard[0].document["alerts"][0]["text"] == "Too many errors."
    look(seconds(2))
    assert len(hook.heard) == 1


def test_what_failed_is_tried_again_under_the_same_id(hook: Hook) -> None:
    told(hook)
    hook.behave = answering(503, 200)
    look(seconds(0))
    look(seconds(29))
    assert attempts() == [(1, "failed"), (2, "waiting")]
    look(seconds(30))
    assert attempts() == [(1, "failed"), (2, "sent")]
    assert Notification.objects.get(attempt=1).answer == "503 said"
    first, second = hook.heard
    assert first.headers["X-Txcat-Delivery"] == second.headers["X-Txcat-Delivery"]


def test_the_pauses_grow_and_after_eight_attempts_it_is_given_up(hook: Hook) -> None:
    told(hook)
    hook.behave = answering(500)
    pauses = []
    for _ in range(MAX_ATTEMPTS):
        row = Notification.objects.get(status=Status.WAITING)
        look(row.due_at)
        following = Notification.objects.filter(status=Status.WAITING).first()
        if following is not None:
            pauses.append((following.due_at - row.due_at).total_seconds())
    assert pauses == [30, 60, 120, 240, 480, 960, 1920]
    assert attempts() == [(number, "failed") for number in range(1, 9)]


@pytest.mark.parametrize(("asked", "pause"), [("90", 90), ("5", 30), ("86400", 3600)])
def test_a_receiver_that_asks_for_time_gets_it_to_a_bound(
    hook: Hook, asked: str, pause: int
) -> None:
    told(hook)
    hook.behave = answering(429, Retry_After=asked)
    look(NOON)
    assert Notification.objects.get(attempt=2).due_at == seconds(pause)


def test_what_is_refused_is_not_tried_again(hook: Hook) -> None:
    told(hook)
    hook.behave = answering(404)
    look(NOON)
    assert attempts() == [(1, "failed")]


def test_what_was_told_goes_with_the_newest_attempt(hook: Hook) -> None:
    told(hook)
    hook.behave = answering(500)
    look(NOON)
    assert Alert.objects.get().told.get().notification.attempt == 2


def test_one_receiver_that_is_away_does_not_keep_the_others_from_being_told(hook: Hook) -> None:
    a_receiver("http://127.0.0.1:9/")
    told(hook)
    look(NOON)
    assert len(hook.heard) == 1


def test_what_was_handed_over_and_not_answered_was_perhaps_heard_and_is_tried_again(
    hook: Hook,
) -> None:
    told(hook)
    hook.behave = lambda handler: None
    look(NOON)
    assert attempts() == [(1, "unknown"), (2, "waiting")]


def test_a_sender_that_died_is_followed_by_another_attempt(hook: Hook) -> None:
    told(hook)
    Notification.objects.update(status=Status.SENDING, started_at=NOON)
    look(NOON + INTERRUPTED_AFTER - timedelta(seconds=1))
    assert attempts() == [(1, "sending")]
    look(NOON + INTERRUPTED_AFTER)
    assert attempts() == [(1, "unknown"), (2, "waiting")]
    assert "Interrupted" in Notification.objects.get(attempt=1).answer


def test_a_sender_that_comes_back_late_changes_nothing(hook: Hook) -> None:
    """While it waits for the answer, another process gives it up and tries again."""
    told(hook)

    def answer_late(handler: Handler) -> None:
        handler.answer(200)

    hook.behave = answer_late
    given_up = {"is": False}

    def clock() -> datetime:
        """The moments of the claim are noon; the one of the end is after all that."""
        if hook.heard and not given_up["is"]:
            given_up["is"] = True
            look(NOON + INTERRUPTED_AFTER)
        return NOON

    send_due(clock)
    assert attempts() == [(1, "unknown"), (2, "waiting")]


def test_a_clock_that_was_set_back_keeps_nothing_waiting(hook: Hook) -> None:
    told(hook)
    look(seconds(-4 * 3600))
    assert attempts() == [(1, "sent")]


def test_nothing_is_sent_to_a_receiver_that_was_switched_off_meanwhile(hook: Hook) -> None:
    told(hook)
    Receiver.objects.update(is_enabled=False)
    look(NOON)
    row = Notification.objects.get()
    assert (row.status, row.answer) == (Status.DROPPED, "The receiver was switched off.")
    assert hook.heard == []
    Receiver.objects.update(is_enabled=True)
    assert len(write_due(seconds(5))) == 1


def test_a_test_takes_the_same_way_and_is_tried_once(hook: Hook) -> None:
    receiver = a_receiver(hook.url, is_enabled=False)
    request_test(receiver, by=None)
    hook.behave = answering(500)
    deliver()
    row = Notification.objects.get()
    assert (row.kind, row.status, row.answer) == ("test", Status.FAILED, "500 said")
    assert hook.heard[0].document["subject"] == "Test: nothing is wrong"


def test_an_answer_that_no_table_takes_is_kept_without_what_it_cannot_hold(hook: Hook) -> None:
    told(hook)
    hook.behave = lambda handler: handler.answer(200, "a\0b\x1b[31m" + "é" * 2000)
    look(NOON)
    answer = Notification.objects.get().answer
    assert answer.startswith("200 ab[31mé")
    assert len(answer) <= 500


def test_a_database_that_fails_while_news_are_written_leaves_nothing_half_written(
    hook: Hook,
) -> None:
    a_receiver(hook.url)
    an_alert()

    def fail(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith("INSERT") and "notifiedalert" in sql:
            raise OperationalError("The disk is full.")
        return execute(sql, *arguments)

    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        deliver()
    assert not Notification.objects.exists()
    # Its turn is not free before the lease is over.
    later = datetime.now(UTC) + timedelta(minutes=3)
    deliver(lambda: later)
    assert len(hook.heard) == 1


def test_a_database_that_fails_after_the_send_leads_to_the_same_message_again(hook: Hook) -> None:
    told(hook)

    def fail(execute: Any, sql: str, *arguments: Any) -> Any:
        if hook.heard and sql.startswith("UPDATE"):
            raise OperationalError("The database is away.")
        return execute(sql, *arguments)

    with connection.execute_wrapper(fail), pytest.raises(OperationalError):
        look(NOON)
    assert attempts() == [(1, "sending")]
    look(NOON + INTERRUPTED_AFTER)
    look(NOON + INTERRUPTED_AFTER + timedelta(seconds=30))
    first, second = hook.heard
    assert first.headers["X-Txcat-Delivery"] == second.headers["X-Txcat-Delivery"]
    assert attempts() == [(1, "unknown"), (2, "sent")]


def test_no_secret_and_no_address_is_in_the_log(
    hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    told(hook)
    hook.behave = answering(500)
    look(NOON)
    assert "failed at attempt 1" in caplog.text
    assert SECRET not in caplog.text
    assert hook.url not in caplog.text
