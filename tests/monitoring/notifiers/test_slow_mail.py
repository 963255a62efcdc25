"""A mail server that takes its time is told in time or not at all, and no mail twice."""

from typing import Any

import pytest

from monitoring.models import Receiver
from monitoring.notifiers import Deadline, Outcome
from monitoring.notifiers.email import EmailNotifier
from tests.monitoring.mails import MailServer
from tests.monitoring.notifiers.messages import message, said


def send(seconds: float) -> Outcome:
    addresses = ", ".join(f"a{number}@bank.example" for number in range(8))
    receiver = Receiver(name="ops", kind="email", addresses=addresses)
    return EmailNotifier().send(receiver, message(said()), Deadline(seconds))


def test_all_answers_together_take_no_longer_than_the_deadline(mails: MailServer) -> None:
    """Each alone would be in time."""
    mails.pause = 0.1
    outcome = send(0.5)
    assert (outcome.is_sent, outcome.is_final, outcome.is_unknown) == (False, False, False)
    assert mails.mails == []


def test_nor_does_one_that_trickles_in(mails: MailServer) -> None:
    mails.answers["greeting"] = "220 " + 30 * "a"
    mails.byte_by_byte = 0.05
    assert not send(0.5).is_sent
    assert mails.said == []


def test_no_mail_is_handed_over_where_its_answer_would_come_too_late(mails: MailServer) -> None:
    mails.pauses["DATA"] = 1.5
    outcome = send(2)
    assert (outcome.is_sent, outcome.is_final, outcome.is_unknown) == (False, False, False)
    assert mails.mails == []


def test_a_mail_whose_answer_does_not_come_was_perhaps_taken(mails: MailServer) -> None:
    mails.pauses["the mail"] = 30
    outcome = send(2)
    assert (outcome.is_sent, outcome.is_final, outcome.is_unknown) == (False, False, True)
    assert len(mails.mails) == 1


def test_a_slow_server_is_told_once_where_there_is_time(mails: MailServer) -> None:
    mails.pause = 0.02
    assert send(30) == Outcome(True, "Handed over for 8 addresses.")
    assert len(mails.mails) == 1


@pytest.mark.parametrize("farewell", [{"pauses": {"QUIT": 30.0}}, {"answers": {"QUIT": "500 no"}}])
def test_a_mail_that_was_taken_is_sent_however_the_server_says_farewell(
    mails: MailServer, farewell: dict[str, Any]
) -> None:
    for name, value in farewell.items():
        setattr(mails, name, value)
    assert send(3).is_sent
    assert len(mails.mails) == 1
