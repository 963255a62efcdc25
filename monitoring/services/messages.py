"""What a message says: its subject in a line, and the alerts that it is about."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from monitoring.models import Alert, Notification
from monitoring.notifiers import Message, SaidAlert
from monitoring.runbooks import anchor_of, way_to

# Of a flood the first are listed, and the rest are counted.
MAX_LISTED = 20
MAX_SUBJECT = 200


def message_of(message_id: UUID, kind: str, alerts: Sequence[Alert], now: datetime) -> Message:
    """`alerts` in the order in which they are to be read; none for a test."""
    firing = sum(alert.status == Alert.Status.FIRING for alert in alerts)
    return Message(
        id=message_id,
        kind=kind,
        subject=_subject(kind, alerts, firing)[:MAX_SUBJECT],
        written_at=_moment(now),
        firing=firing,
        resolved=len(alerts) - firing,
        alerts=tuple(_said(alert) for alert in alerts[:MAX_LISTED]),
    )


def alert_url(alert: Alert) -> str:
    """The address of its page for somebody elsewhere; empty where the site does not know its
    own."""
    if not settings.PUBLIC_URL:
        return ""
    return f"{settings.PUBLIC_URL}{reverse('admin:monitoring_alert_change', args=[alert.pk])}"


def runbook_url(runbook: str) -> str:
    """A rule's, for somebody elsewhere; as it is where it is not in txcat's runbooks, or the site
    does not know its own address."""
    anchor = anchor_of(runbook)
    if anchor is None or not settings.PUBLIC_URL:
        return runbook
    return f"{settings.PUBLIC_URL}{way_to(anchor)}"


def _subject(kind: str, alerts: Sequence[Alert], firing: int) -> str:
    if not alerts:
        return "Test: nothing is wrong"
    if len(alerts) > 1:
        over = len(alerts) - firing
        counts = [
            f"{firing:,} {'alert fires' if firing == 1 else 'alerts fire'}" if firing else "",
            f"{over:,} {'is' if over == 1 else 'are'} over" if over else "",
        ]
        return ", ".join(count for count in counts if count)
    (alert,) = alerts
    word = alert.get_severity_display() if firing else "Resolved"
    again = " (again)" if kind == Notification.Kind.REPEAT else ""
    return f"{word}: {_line(str(alert))}{again}"


def _said(alert: Alert) -> SaidAlert:
    rule = alert.rule
    fired_at = alert.fired_at or alert.started_at
    return SaidAlert(
        id=alert.pk,
        rule=rule.key,
        name=_line(rule.name),
        measure=rule.measure,
        by=rule.by,
        label=alert.label,
        status=alert.status,
        severity=alert.severity,
        text=_line(alert.text),
        value=alert.value,
        started_at=_moment(alert.started_at),
        fired_at=_moment(fired_at),
        resolved_at=_moment(alert.resolved_at) if alert.resolved_at else None,
        url=alert_url(alert),
        runbook_url=runbook_url(rule.runbook_url),
    )


def _line(text: str) -> str:
    """In one line: a subject of several is refused by mail."""
    return " ".join(text.split())


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
