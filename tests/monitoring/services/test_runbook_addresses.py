"""Whoever is told of an alert is told where its runbook can be opened."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from monitoring.models import AlertRule, Receiver
from monitoring.notifiers import Message
from monitoring.notifiers.alertmanager import AlertmanagerNotifier
from monitoring.notifiers.email import text_of
from monitoring.services.messages import message_of
from tests.monitoring.alerts import a_rule, an_alert

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
RUNBOOKS = "https://txcat.example/admin/monitoring/runbooks/"


def told(rule: AlertRule) -> Message:
    return message_of(UUID(int=1), "alerts", [an_alert(rule)], NOON)


@pytest.fixture
def _site(settings: Any) -> None:
    settings.PUBLIC_URL = "https://txcat.example"


@pytest.mark.usefixtures("_site")
def test_messages_of_every_kind_have_the_address_of_a_built_in_rules_section() -> None:
    message = told(AlertRule.objects.get(key="error-rate"))
    address = f"{RUNBOOKS}error-rate/"
    assert message.to_json()["alerts"][0]["runbook_url"] == address
    assert f"What to do: {address}" in text_of(message).splitlines()
    document = AlertmanagerNotifier().document(Receiver(name="pager"), message)
    assert document["alerts"][0]["annotations"]["runbook_url"] == address


@pytest.mark.usefixtures("_site")
@pytest.mark.parametrize(
    ("runbook", "said"),
    [
        ("https://wiki.example/a#b", "https://wiki.example/a#b"),
        ("docs/runbooks.md", RUNBOOKS),
        ("docs/runbooks.md#é", f"{RUNBOOKS}%C3%A9/"),
        ("docs/operations.md#drift", "docs/operations.md#drift"),
        ("", ""),
    ],
)
def test_what_is_elsewhere_stays_as_it_is(runbook: str, said: str) -> None:
    assert told(a_rule(runbook_url=runbook)).alerts[0].runbook_url == said


def test_a_site_that_does_not_know_its_address_names_the_document() -> None:
    message = told(AlertRule.objects.get(key="error-rate"))
    assert message.alerts[0].runbook_url == "docs/runbooks.md#error-rate"
    document = AlertmanagerNotifier().document(Receiver(name="pager"), message)
    assert "runbook_url" not in document["alerts"][0]["annotations"]
