"""A mail server on this machine, and a certificate for it or for another server."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.monitoring.mails import MailServer, serving_mail


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of the host 127.0.0.1, signed by itself, with its key in the same file."""
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_text(made.read_text() + key.read_text())
    return made


@pytest.fixture
def mails(settings: Any) -> Iterator[MailServer]:
    settings.DEFAULT_FROM_EMAIL = "txcat <alerts@bank.example>"
    with serving_mail() as server:
        settings.EMAIL_SERVER = {"host": "127.0.0.1", "port": server.port}
        yield server
