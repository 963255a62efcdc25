"""An experiment's history: who did what to it, when and why, and what its guard rails saw."""

from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime

from classifier.admin.cells import NOTHING, badge
from experiments.admin.cells import ACTION_VARIANTS, share
from experiments.models import Experiment, ExperimentEvent

Kind = ExperimentEvent.Kind
KIND_VARIANTS: dict[str, str] = {
    Kind.CREATED.value: "default",
    Kind.STARTED.value: "success",
    Kind.PAUSED.value: "warning",
    Kind.RESUMED.value: "success",
    Kind.STOPPED.value: "info",
    Kind.RAMPED.value: "primary",
    Kind.PROMOTED.value: "success",
    Kind.WARNED.value: "danger",
    Kind.SETTLED.value: "default",
}


def timeline_of(experiment: Experiment) -> list[dict[str, Any]]:
    """The newest first."""
    return [
        {
            "what": event.get_kind_display(),
            "variant": KIND_VARIANTS[event.kind],
            "at": event.created_at,
            "by": event.by or "the program",
            "change": _change(event),
            "reason": event.reason,
        }
        for event in experiment.events.select_related("by")
    ]


def alerts_table(experiment: Experiment) -> dict[str, Any]:
    alerts = (
        alert
        for guardrail in experiment.guardrails.prefetch_related("alerts__variant")
        for alert in guardrail.alerts.all()
    )
    newest_first = sorted(alerts, key=lambda alert: alert.pk, reverse=True)
    return {
        "headers": ["When", "Variant", "What was done", "What was seen", "Over since"],
        "rows": [
            [
                _moment(alert.created_at),
                alert.variant,
                badge(alert.get_action_display(), ACTION_VARIANTS[alert.action]),
                alert.text,
                _moment(alert.resolved_at) if alert.resolved_at else NOTHING,
            ]
            for alert in newest_first
        ],
    }


def _change(event: ExperimentEvent) -> str:
    """From what to what: the status, the share of traffic, or the version that went live."""
    if event.kind == Kind.RAMPED:
        return f"{share(event.details['from'])} → {share(event.details['to'])}"
    if event.kind == Kind.PROMOTED:
        return f"variant {event.details['variant']}, version {event.details['version']}"
    if event.from_status in ("", event.to_status):
        return ""
    return f"{event.get_from_status_display()} → {event.get_to_status_display()}"


def _moment(moment: Any) -> str:
    return date_format(localtime(moment), "DATETIME_FORMAT")
