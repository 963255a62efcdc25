"""The page of one alert: what is wrong, the chart around the moment, what changed just before, who
was told and what was done about it."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from classifier.admin.cells import change_url, changelist_url, link
from monitoring.admin.alert_cells import (
    VIEW_RECEIVERS,
    answer_shown,
    lasting,
    moment,
    sent_badge,
    severity_badge,
    status_badge,
    table,
)
from monitoring.admin.alert_charts import Drawn, threshold_chart
from monitoring.admin.alert_evidence import Judged, breaches_of, evidence_of, judged_of
from monitoring.admin.runbooks import runbook_link
from monitoring.collectors.circumstances import Change
from monitoring.measures import MEASURES
from monitoring.models import Alert, AlertEvent, MetricSnapshot, Notification
from monitoring.runbooks import section_of
from monitoring.services.changes import changes_before
from monitoring.services.series import Point, points
from monitoring.services.silences import active_silences, is_silenced
from monitoring.wording import figure

Resolution = MetricSnapshot.Resolution
Kind = AlertEvent.Kind
# Around the episode, so much is drawn before and after; of a longer one the hours, not the minutes.
BEFORE, AFTER = timedelta(hours=2), timedelta(minutes=30)
LONGEST_OF_MINUTES = timedelta(hours=24)
CHANGES_HOURS = 6
MAX_TOLD = 30
EVENT_VARIANTS: dict[str, str] = {
    Kind.STATUS.value: "info",
    Kind.SEVERITY.value: "warning",
    Kind.ACKNOWLEDGED.value: "success",
    Kind.UNACKNOWLEDGED.value: "warning",
    Kind.COMMENT.value: "default",
    Kind.SILENCED.value: "primary",
}


def alert_page(request: HttpRequest, alert: Alert, now: datetime) -> dict[str, Any]:
    """All that its template names. In a number of queries that no table's size changes."""
    may = request.user.has_perm
    is_open = alert.status != Alert.Status.RESOLVED
    silences = active_silences(now) if is_open else []
    covering = [each for each in silences if is_silenced(alert, [each])]
    silence = max(covering, key=lambda each: each.ends_at, default=None)
    runbook = section_of(alert.rule.runbook_url)
    return {
        "alert": alert,
        "tone": _tone(alert),
        "badges": [status_badge(alert), severity_badge(alert.severity)],
        "silence": silence,
        "silence_url": change_url(silence) if silence and may("monitoring.view_silence") else "",
        "facts": [
            *_facts(alert, now, may("monitoring.view_alertrule")),
            *([] if runbook else _elsewhere(alert.rule.runbook_url)),
        ],
        "runbook": runbook,
        "chart": _chart(alert, now),
        "evidence": evidence_of(alert),
        "breaches": breaches_of(alert, may("experiments.view_guardrailalert")),
        "changes": [_change(request, each) for each in changes_before(alert.started_at)],
        "changes_hours": CHANGES_HOURS,
        "events": [_event(event) for event in alert.events.select_related("by")][::-1],
        "told": _told(alert, may(VIEW_RECEIVERS)) if may("monitoring.view_notification") else None,
        "acts": _acts(alert, is_open, silence is not None)
        if may("monitoring.handle_alert")
        else [],
        "back_url": changelist_url(Alert),
    }


def _tone(alert: Alert) -> str:
    if alert.status == Alert.Status.RESOLVED:
        return "success"
    if alert.status == Alert.Status.PENDING:
        return "info"
    return "danger" if alert.severity == "critical" else "warning"


def _facts(alert: Alert, now: datetime, may_see_rule: bool) -> list[tuple[str, Any]]:
    rule = alert.rule
    judged = judged_of(alert)
    end = alert.resolved_at or now
    value = alert.value
    facts: list[tuple[str, Any]] = [
        ("Rule", link(change_url(rule), rule.name) if may_see_rule else rule.name),
        ("Wrong since", moment(alert.started_at)),
        ("Fires since", moment(alert.fired_at) if alert.fired_at else "not yet"),
        *([("Over since", moment(alert.resolved_at))] if alert.resolved_at else []),
        ("Lasted" if alert.resolved_at else "Lasts", lasting(end - alert.started_at)),
    ]
    if alert.label:
        by = judged.by if judged else rule.by
        facts.insert(1, (by.capitalize(), alert.label))
    if judged is not None and value is not None:
        facts.append((f"{judged.name}, last seen", figure(value, judged.unit)))
    if alert.acknowledged_at is not None:
        who = alert.acknowledged_by or "somebody"
        facts.append(("Acknowledged", f"by {who}, {moment(alert.acknowledged_at)}"))
    return facts


def _elsewhere(runbook: str) -> list[tuple[str, Any]]:
    """A rule's runbook that cannot be shown on the page itself."""
    return [("What to do", runbook_link(runbook))] if runbook else []


def _chart(alert: Alert, now: datetime) -> dict[str, Any] | None:
    """From snapshots; from the evidence where those are gone. None of a measure that no longer
    exists and of which there is no evidence."""
    judged = judged_of(alert)
    if judged is None:
        return None
    end = min((alert.resolved_at or now) + AFTER, now)
    start = min(alert.started_at - BEFORE, end)
    found: list[Point] = []
    measure = MEASURES.get(judged.measure)
    if measure is not None:
        kinds = [Resolution.MINUTE, Resolution.HOUR]
        if end - start > LONGEST_OF_MINUTES:
            kinds.reverse()
        for kind in kinds:
            found = points(measure, start, end, kind, judged.by, alert.label)
            if found:
                break
    if not found:
        found = [
            Point(datetime.fromisoformat(point["at"]), point["value"], point["count"])
            for point in alert.evidence.get("points", [])
        ]
    bands = [(alert.started_at, alert.resolved_at, alert.severity)]
    size = len(found)
    drawn = Drawn(found, [judged.warning] * size, [judged.critical] * size, bands)
    subject = f"{judged.name} of {alert.label}" if alert.label else judged.name
    return threshold_chart("around", subject, judged.unit, drawn, _summary(alert, judged))


def _summary(alert: Alert, judged: Judged) -> str:
    limits = [
        f"{word} {judged.condition} {figure(value, judged.unit)}"
        for word, value in (("a warning", judged.warning), ("critical", judged.critical))
        if value is not None
    ]
    said = f"It is {' and '.join(limits)}. " if limits else ""
    until = moment(alert.resolved_at) if alert.resolved_at else "now"
    return f"{said}The alert, from {moment(alert.started_at)} to {until}, is shaded."


def _change(request: HttpRequest, change: Change) -> dict[str, Any]:
    return {
        "at": change.at,
        "text": change.text,
        "by": change.by or "the program",
        "url": _address(request, change),
    }


def _address(request: HttpRequest, change: Change) -> str:
    """Empty where there is no page, or none that this person may see."""
    if not change.url_name:
        return ""
    app, model = change.url_name.removeprefix("admin:").split("_")[:2]
    if not request.user.has_perm(f"{app}.view_{model}"):
        return ""
    args = [] if change.object_id is None else [change.object_id]
    return reverse(change.url_name, args=args)


def _event(event: AlertEvent) -> dict[str, Any]:
    change = ""
    if event.kind == Kind.STATUS:
        change = " → ".join(filter(None, (event.from_value, event.to_value)))
    elif event.kind == Kind.SEVERITY:
        change = f"{event.from_value} → {event.to_value}"
    return {
        "what": event.get_kind_display(),
        "variant": EVENT_VARIANTS[event.kind],
        "at": event.created_at,
        "by": event.by or "the program",
        "change": change,
        "reason": event.text,
    }


def _told(alert: Alert, may_see_receivers: bool) -> dict[str, Any]:
    """The newest first; of a message that was tried again, the last attempt."""
    rows = (
        Notification.objects.filter(told__alert=alert)
        .select_related("receiver")
        .defer("payload")
        .order_by("-pk")[:MAX_TOLD]
    )
    return table(
        ["Receiver", "Message", "State", "When", "Attempt", "Answer"],
        [
            [
                row.receiver.name,
                link(change_url(row), row.subject),
                sent_badge(row),
                moment(row.finished_at or row.due_at),
                row.attempt,
                answer_shown(row, may_see_receivers),
            ]
            for row in rows
        ],
    )


def _acts(alert: Alert, is_open: bool, is_silenced_now: bool) -> list[dict[str, str]]:
    """The buttons: what can be done to it as it is; the first is what is mostly wanted."""
    wanted = []
    if is_open and alert.acknowledged_at is None:
        wanted.append(("acknowledge", "Acknowledge", "check"))
    if is_open and alert.acknowledged_at is not None:
        wanted.append(("unacknowledge", "Take back", "undo"))
    wanted.append(("comment", "Comment", "comment"))
    if is_open and not is_silenced_now:
        wanted.append(("silence", "Silence", "notifications_off"))
    return [
        {
            "name": name,
            "icon": icon,
            "url": reverse(f"admin:monitoring_alert_{act}", args=[alert.pk]),
            "variant": "primary" if act == "acknowledge" else "default",
        }
        for act, name, icon in wanted
    ]
