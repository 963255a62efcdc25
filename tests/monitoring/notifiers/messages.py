"""Messages, as services write them."""

from typing import Any
from uuid import UUID

from monitoring.notifiers import Message, SaidAlert

ID = UUID("019be5a0-0000-7000-8000-000000000001")


def said(**fields: Any) -> SaidAlert:
    defaults: dict[str, Any] = {
        "id": 7,
        "rule": "error-rate",
        "name": "Error rate",
        "measure": "error_rate",
        "by": "",
        "label": "",
        "status": "firing",
        "severity": "critical",
        "text": "23% of requests fail; above 20% is critical.",
        "value": 0.23,
        "started_at": "2026-11-26T10:00:00+00:00",
        "fired_at": "2026-11-26T10:05:00+00:00",
        "resolved_at": None,
        "url": "https://txcat.example/admin/monitoring/alert/7/change/",
        "runbook_url": "https://wiki.example/errors",
    }
    return SaidAlert(**{**defaults, **fields})


def resolved(**fields: Any) -> SaidAlert:
    return said(
        **{"id": 8, "status": "resolved", "resolved_at": "2026-11-26T10:30:00+00:00", **fields}
    )


def message(*alerts: SaidAlert, more: int = 0) -> Message:
    firing = sum(alert.status == "firing" for alert in alerts)
    return Message(
        id=ID,
        kind="alerts",
        subject="Critical: Error rate",
        written_at="2026-11-26T10:05:30+00:00",
        firing=firing + more,
        resolved=len(alerts) - firing,
        alerts=alerts,
    )
