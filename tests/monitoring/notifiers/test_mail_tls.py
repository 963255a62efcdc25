"""A mail and its password go by TLS, where that is set, to whom a certificate says that it is."""

import ssl
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from monitoring.models import Receiver
from monitoring.notifiers import Deadline, Outcome
from monitoring.notifiers.email import EmailNotifier
from tests.monitoring.mails import MailServer
from tests.monitoring.notifiers.messages import message, said

PASSWORD = {"username": "ann", "password": "hidden"}
PLAIN = b"\0ann\0hidden"


@pytest.fixture(params=["use_tls", "use_ssl"])
def server(
    mails: MailServer, certificate: Path, settings: Any, request: pytest.FixtureRequest
) -> MailServer:
    """By STARTTLS, and with TLS from the first byte."""
    settings.EMAIL_SERVER |= {request.param: True, **PASSWORD}
    mails.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    mails.tls.load_cert_chain(certificate)
    mails.is_tls_first = request.param == "use_ssl"
    return mails


def send() -> Outcome:
    receiver = Receiver(name="ops", kind="email", addresses="ann@bank.example")
    return EmailNotifier().send(receiver, message(said()), Deadline(30))


def test_to_a_server_with_a_certificate_that_is_trusted(
    server: MailServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert send() == Outcome(True, "Handed over for 1 address.")
    assert len(server.mails) == 1
    assert f"AUTH PLAIN {b64encode(PLAIN).decode()}" in server.said


def test_nothing_to_one_whose_certificate_nobody_signed(server: MailServer) -> None:
    outcome = send()
    assert (outcome.is_sent, outcome.is_final) == (False, False)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.answer
    assert server.mails == []
    assert not any(line.startswith("AUTH") for line in server.said)


def test_no_password_by_starttls_to_one_that_does_not_offer_it(
    mails: MailServer, settings: Any
) -> None:
    settings.EMAIL_SERVER |= {"use_tls": True, **PASSWORD}
    mails.answers["EHLO"] = "250-mail.bank.example\r\n250 AUTH PLAIN"
    outcome = send()
    assert not outcome.is_sent
    assert not any(line.startswith("AUTH") for line in mails.said)
