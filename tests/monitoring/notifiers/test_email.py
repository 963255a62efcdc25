"""A mail says what is wrong in plain words, to all addresses of the receiver."""

from typing import Any

import pytest

from monitoring.models import Receiver
from monitoring.notifiers import Deadline
from monitoring.notifiers.email import EmailNotifier
from tests.monitoring.mails import MailServer
from tests.monitoring.notifiers.messages import ID, message, resolved, said

NOTIFIER = EmailNotifier()


def receiver(**fields: Any) -> Receiver:
    defaults = {"name": "ops", "kind": "email", "addresses": "ann@bank.example, ben@bank.example"}
    return Receiver(**{**defaults, **fields})


def test_it_says_what_is_wrong_since_when_and_where_to_look(
    mails: MailServer, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://txcat.example"
    outcome = NOTIFIER.send(receiver(), message(said(), resolved(), more=7), Deadline(30))
    assert (outcome.is_sent, outcome.answer) == (True, "Handed over for 2 addresses.")
    (sent,) = mails.mails
    assert sent["Subject"] == "[txcat] Critical: Error rate"
    assert sent["To"] == "ann@bank.example, ben@bank.example"
    assert sent["From"] == "txcat <alerts@bank.example>"
    assert [line.split()[1] for line in mails.said if line.startswith("rcpt")] == [
        "TO:<ann@bank.example>",
        "TO:<ben@bank.example>",
    ]
    first, second, more, link = sent.get_content().strip().split("\n\n")
    assert first.splitlines() == [
        "CRITICAL: Error rate",
        "23% of requests fail; above 20% is critical.",
        "Since 2026-11-26T10:05:00+00:00",
        "https://txcat.example/admin/monitoring/alert/7/change/",
        "What to do: https://wiki.example/errors",
    ]
    assert second.startswith("RESOLVED: Error rate")
    assert "over at 2026-11-26T10:30:00+00:00" in second
    assert more == "And 7 more."
    assert link == "https://txcat.example/admin/monitoring/alert/"


def test_a_second_delivery_has_the_id_of_the_first(mails: MailServer) -> None:
    for _ in range(2):
        NOTIFIER.send(receiver(), message(said()), Deadline(30))
    assert [sent["Message-ID"] for sent in mails.mails] == [f"<{ID}@bank.example>"] * 2


def test_a_server_that_is_away_may_come_back(settings: Any) -> None:
    settings.EMAIL_SERVER = {"host": "127.0.0.1", "port": 9}
    outcome = NOTIFIER.send(receiver(), message(said()), Deadline(5))
    assert (outcome.is_sent, outcome.is_final) == (False, False)
    assert "refused" in outcome.answer


@pytest.mark.parametrize(
    ("command", "answer", "is_final"),
    [
        ("RCPT", "550 unknown", True),
        ("RCPT", "450 busy", False),
        ("MAIL", "553 who are you?", True),
        ("the mail", "554 spam", True),
        ("the mail", "451 later", False),
        ("greeting", "421 closed", False),
    ],
)
def test_what_a_server_refuses_for_good_is_told_from_what_may_pass(
    mails: MailServer, command: str, answer: str, is_final: bool
) -> None:
    mails.answers[command] = answer
    outcome = NOTIFIER.send(receiver(), message(said()), Deadline(30))
    assert (outcome.is_sent, outcome.is_final) == (False, is_final)
    assert answer.partition(" ")[2] in outcome.answer


def test_an_address_that_is_refused_beside_one_that_is_not_is_named(mails: MailServer) -> None:
    mails.answers["RCPT TO:<BEN@BANK.EXAMPLE>"] = "550 unknown"
    outcome = NOTIFIER.send(receiver(), message(said()), Deadline(30))
    assert outcome.is_sent
    assert outcome.answer == ("Handed over for 1 address. Refused: ben@bank.example (550 unknown).")
    assert len(mails.mails) == 1


def test_a_site_without_a_mail_server_says_so_and_sends_nothing() -> None:
    assert "TXCAT_EMAIL_URL" in NOTIFIER.problems(receiver())["kind"]
    outcome = NOTIFIER.send(receiver(), message(said()), Deadline(5))
    assert (outcome.is_sent, outcome.is_final) == (False, True)
    assert "TXCAT_EMAIL_URL" in outcome.answer


@pytest.mark.parametrize(
    ("addresses", "says"),
    [
        ("", "needs an address"),
        (" , ", "needs an address"),
        ("ann@bank.example, ben", "“ben” is no email address"),
        ("a@b.example\nBcc: c@d.example", "is no email address"),
        (",".join(f"a{number}@b.example" for number in range(21)), "At most 20"),
    ],
)
def test_an_address_that_is_none_is_named(addresses: str, says: str) -> None:
    assert says in NOTIFIER.problems(receiver(addresses=addresses))["addresses"]
