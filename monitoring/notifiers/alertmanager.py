"""The document that Prometheus' Alertmanager sends to webhooks: what takes its, takes ours.

Its fields, version "4": https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import hashlib
from typing import Any

from django.conf import settings

from monitoring.models import Receiver
from monitoring.notifiers.message import FIRING, RESOLVED, Message, SaidAlert
from monitoring.notifiers.webhook import WebhookNotifier

VERSION = "4"
# Go's zero time: it goes on.
NEVER = "0001-01-01T00:00:00Z"


class AlertmanagerNotifier(WebhookNotifier):
    """Signed as well, where the receiver has a secret: a header more does no harm."""

    is_signed_always = False

    def document(self, receiver: Receiver, message: Message) -> dict[str, Any]:
        alerts = [_alert(alert) for alert in message.alerts]
        return {
            "version": VERSION,
            "groupKey": f'{{}}:{{receiver="{receiver.name}"}}',
            "truncatedAlerts": message.more,
            "status": message.status,
            "receiver": receiver.name,
            "groupLabels": {},
            "commonLabels": _common([alert["labels"] for alert in alerts]),
            "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
            "externalURL": settings.PUBLIC_URL,
            "alerts": alerts,
        }


def _alert(alert: SaidAlert) -> dict[str, Any]:
    labels = {
        "alertname": alert.rule,
        "severity": alert.severity,
        "measure": alert.measure,
    }
    if alert.label:
        labels[alert.by or "label"] = alert.label
    annotations = {"summary": alert.name, "description": alert.text}
    if "://" in alert.runbook_url:
        annotations["runbook_url"] = alert.runbook_url
    is_over = alert.status == RESOLVED
    return {
        "status": RESOLVED if is_over else FIRING,
        "labels": labels,
        "annotations": annotations,
        "startsAt": alert.fired_at,
        "endsAt": alert.resolved_at if is_over else NEVER,
        "generatorURL": alert.url,
        "fingerprint": _fingerprint(alert),
    }


def _fingerprint(alert: SaidAlert) -> str:
    """The same for all episodes of a rule's label, whatever its severity: 16 hex digits."""
    return hashlib.sha256(f"{alert.rule}\0{alert.label}".encode()).hexdigest()[:16]


def _common(each: list[dict[str, str]]) -> dict[str, str]:
    """What all of them have alike."""
    if not each:
        return {}
    return {
        key: value
        for key, value in each[0].items()
        if all(other.get(key) == value for other in each)
    }
