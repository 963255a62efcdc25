"""What takes Alertmanager's webhooks takes ours: its documented fields, and no others.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from datetime import datetime
from typing import Any

from monitoring.models import Receiver
from monitoring.notifiers import Deadline
from monitoring.notifiers.alertmanager import AlertmanagerNotifier
from tests.monitoring.notifiers.messages import message, resolved, said
from tests.monitoring.webhooks import Hook

NOTIFIER = AlertmanagerNotifier()
FIELDS = {
    "version": str, "groupKey": str, "truncatedAlerts": int, "status": str, "receiver": str,
    "groupLabels": dict, "commonLabels": dict, "commonAnnotations": dict, "externalURL": str,
    "alerts": list,
}  # fmt: skip
ALERT_FIELDS = {
    "status": str, "labels": dict, "annotations": dict, "startsAt": str, "endsAt": str,
    "generatorURL": str, "fingerprint": str,
}  # fmt: skip


def receiver(url: str = "http://1.1.1.1/") -> Receiver:
    return Receiver(name="pager", kind="alertmanager", url=url)


def test_it_has_the_documented_fields(settings: Any) -> None:
    settings.PUBLIC_URL = "https://txcat.example"
    document = NOTIFIER.document(receiver(), message(said(), resolved(), more=3))
    assert {name: type(value) for name, value in document.items()} == FIELDS
    for alert in document["alerts"]:
        assert {name: type(value) for name, value in alert.items()} == ALERT_FIELDS
        assert all(isinstance(value, str) for value in alert["labels"].values())
        assert datetime.fromisoformat(alert["startsAt"]).tzinfo is not None
    assert document["version"] == "4"
    assert (document["status"], document["receiver"]) == ("firing", "pager")
    assert document["truncatedAlerts"] == 3
    assert document["externalURL"] == "https://txcat.example"


def test_what_fires_has_no_end_yet_and_what_is_over_has() -> None:
    firing, over = NOTIFIER.document(receiver(), message(said(), resolved()))["alerts"]
    assert (firing["status"], firing["endsAt"]) == ("firing", "0001-01-01T00:00:00Z")
    assert (over["status"], over["endsAt"]) == ("resolved", "2026-11-26T10:30:00+00:00")


def test_labels_say_the_rule_the_severity_and_what_it_is_of() -> None:
    alert = said(rule="confidence", by="category", label="groceries", measure="mean_confidence")
    document = NOTIFIER.document(receiver(), message(alert))
    assert document["alerts"][0]["labels"] == document["commonLabels"] == {
        "alertname": "confidence",
        "severity": "critical",
        "measure": "mean_confidence",
        "category": "groceries",
    }  # fmt: skip


def test_common_labels_are_those_that_all_have_alike() -> None:
    document = NOTIFIER.document(receiver(), message(said(), said(rule="cpu", measure="cpu")))
    assert document["commonLabels"] == {"severity": "critical"}


def test_an_episode_keeps_its_fingerprint_until_it_is_over() -> None:
    alerts = message(said(severity="warning"), resolved(), said(label="other"))
    prints = [alert["fingerprint"] for alert in NOTIFIER.document(receiver(), alerts)["alerts"]]
    assert prints[0] == prints[1] != prints[2]
    assert len(prints[0]) == 16


def test_a_test_is_a_document_without_alerts() -> None:
    document = NOTIFIER.document(receiver(), message())
    assert (document["alerts"], document["commonLabels"]) == ([], {})


def test_it_is_sent_unsigned_where_there_is_no_secret(hook: Hook) -> None:
    assert NOTIFIER.problems(receiver(hook.url)) == {}
    assert NOTIFIER.send(receiver(hook.url), message(said()), Deadline(5)).is_sent
    assert hook.heard[0].headers["X-Txcat-Signature"] is None
