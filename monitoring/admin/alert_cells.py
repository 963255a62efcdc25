"""How alerts look in lists and pages: their statuses, severities and times."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from classifier.admin.cells import NOTHING, badge
from monitoring.models import Alert, AlertRule, Notification, Severity

Status = Alert.Status
STATUS_VARIANTS: dict[str, str] = {
    Status.PENDING.value: "info",
    Status.FIRING.value: "danger",
    Status.RESOLVED.value: "success",
}
SEVERITY_VARIANTS: dict[str, str] = {
    Severity.WARNING.value: "warning",
    Severity.CRITICAL.value: "danger",
}
STATE_VARIANTS: dict[str, str] = {
    AlertRule.State.NEVER.value: "default",
    AlertRule.State.OK.value: "success",
    AlertRule.State.PENDING.value: "info",
    AlertRule.State.FIRING.value: "danger",
    AlertRule.State.NO_DATA.value: "default",
    AlertRule.State.BROKEN.value: "warning",
}
VIEW_RECEIVERS = "monitoring.view_receiver"
HIDDEN = "Shown to who may see receivers"
SENT_VARIANTS: dict[str, str] = {
    Notification.Status.WAITING.value: "default",
    Notification.Status.SENDING.value: "info",
    Notification.Status.SENT.value: "success",
    Notification.Status.UNKNOWN.value: "warning",
    Notification.Status.FAILED.value: "danger",
    Notification.Status.DROPPED.value: "warning",
}


def status_badge(alert: Alert) -> SafeString:
    return badge(alert.get_status_display(), STATUS_VARIANTS[alert.status])


def severity_badge(severity: str) -> SafeString:
    return badge(str(Severity(severity).label), SEVERITY_VARIANTS[severity])


def state_badge(rule: AlertRule) -> SafeString:
    return badge(rule.get_state_display(), STATE_VARIANTS[rule.state])


def sent_badge(notification: Notification) -> SafeString:
    return badge(notification.get_status_display(), SENT_VARIANTS[notification.status])


def answer_shown(notification: Notification, may_see_receivers: bool) -> str:
    """Of one that waits for another attempt, when that is. What a receiver or a network said may
    name addresses; why a message was not sent at all is in words of our own."""
    if notification.status == Notification.Status.WAITING and notification.attempt > 1:
        tried = notification.attempt - 1
        times = "once" if tried == 1 else f"{tried} times"
        return f"Tried {times}; tried again at {moment(notification.due_at)}"
    is_of_receiver = notification.status != Notification.Status.DROPPED
    if notification.answer and is_of_receiver and not may_see_receivers:
        return HIDDEN
    return notification.answer or NOTHING


def moment(at: datetime | None) -> str:
    return NOTHING if at is None else date_format(localtime(at), "DATETIME_FORMAT")


def short_moment(at: datetime) -> str:
    return date_format(localtime(at), "j M, H:i")


def lasting(span: timedelta) -> str:
    """“3 min”, “2 h 5 min”, “4 d 3 h”; below a minute “< 1 min”."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "< 1 min"
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    told = [f"{number} {unit}" for number, unit in parts if number][:2]
    return " ".join(told)


def table(headers: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    return {"headers": headers, "rows": rows}
