"""A webhook by https goes to whom a certificate says that it is, and to nobody else."""

import ssl
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from monitoring.models import Receiver
from monitoring.notifiers import Deadline, Outcome
from monitoring.notifiers.webhook import WebhookNotifier
from tests.monitoring.notifiers.messages import message, said
from tests.monitoring.webhooks import SECRET, Hook, listening


@pytest.fixture
def hook(certificate: Path, settings: Any) -> Iterator[Hook]:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with listening(context) as hook:
        yield hook


def send(url: str) -> Outcome:
    receiver = Receiver(name="ops", kind="webhook", url=url, secret=SECRET)
    return WebhookNotifier().send(receiver, message(said()), Deadline(5))


def test_a_certificate_that_nobody_signed_is_not_believed(hook: Hook) -> None:
    outcome = send(hook.url)
    assert (outcome.is_sent, outcome.is_final) == (False, False)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.answer
    assert hook.heard == []


def test_one_that_is_trusted_is_believed(
    hook: Hook, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert send(hook.url).is_sent
    assert len(hook.heard) == 1


def test_one_of_another_host_is_not_believed(
    hook: Hook, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    outcome = send(hook.url.replace("127.0.0.1", "127.0.0.2"))
    assert not outcome.is_sent
    assert hook.heard == []
