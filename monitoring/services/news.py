"""What has to be told to whom: held against what each receiver was told last.

All that is due to a receiver is one message, and a receiver has one that is on its way at most; the
table sees to that. What could not be delivered yet is replaced by a newer message as soon as there
is news, so that nobody hears of an alert after its end, or within a silence that was made
meanwhile. Who was never told that an alert fires, is not told that it is over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet

from monitoring.models import Alert, Notification, NotifiedAlert, Receiver, Severity
from monitoring.services.messages import message_of
from monitoring.services.silences import active_silences, is_silenced
from monitoring.services.turns import FAR_AHEAD

Status = Notification.Status
Kind = Notification.Kind
OPEN = (Status.WAITING, Status.SENDING)
# Of what has been over for longer nobody is told any more.
LOOK_BACK = timedelta(days=7)
RANK: dict[str, int] = {Severity.WARNING.value: 0, Severity.CRITICAL.value: 1}


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver was told last of one alert, and when."""

    status: str
    severity: str
    at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """`since` is the moment from which the group wait counts."""

    alert: Alert
    since: datetime


def write_due(now: datetime) -> list[Notification]:
    """One row for each receiver that is due to be told something. Call it within a transaction
    that only one process can finish."""
    receivers = list(Receiver.objects.filter(is_enabled=True))
    if not receivers:
        return []
    worth_telling = _worth_telling(now)
    silences = active_silences(now)
    alerts = [alert for alert in worth_telling if not is_silenced(alert, silences)]
    told = _told(worth_telling)
    on_their_way = {
        row.receiver_id: row
        for row in Notification.objects.exclude(kind=Kind.TEST).filter(status__in=OPEN)
    }
    written = []
    for receiver in receivers:
        said = {alert: last for (who, alert), last in told.items() if who == receiver.pk}
        row = _write(receiver, alerts, said, on_their_way.get(receiver.pk), now)
        if row is not None:
            written.append(row)
    return written


def _worth_telling(now: datetime) -> "QuerySet[Alert]":
    is_over_lately = Q(
        status=Alert.Status.RESOLVED, fired_at__isnull=False, resolved_at__gte=now - LOOK_BACK
    )
    fires = Q(status=Alert.Status.FIRING)
    return (
        Alert.objects.filter(fires | is_over_lately)
        .select_related("rule")
        .defer("evidence")
        .order_by("id")
    )


def _told(alerts: "QuerySet[Alert]") -> dict[tuple[int, int], Told]:
    """By receiver and alert. What was dropped was not told."""
    newest = (
        NotifiedAlert.objects.filter(alert__in=alerts.values("pk"))
        .exclude(notification__status=Status.DROPPED)
        .order_by()
        .values("notification__receiver", "alert")
        .annotate(newest=Max("pk"))
        .values("newest")
    )
    rows = NotifiedAlert.objects.filter(pk__in=newest).values_list(
        "notification__receiver", "alert", "status", "severity", "notification__due_at"
    )
    return {(who, alert): Told(status, severity, at) for who, alert, status, severity, at in rows}


def _write(
    receiver: Receiver,
    alerts: list[Alert],
    told: Mapping[int, Told],
    on_its_way: Notification | None,
    now: datetime,
) -> Notification | None:
    if on_its_way is not None and on_its_way.status == Status.SENDING:
        # What it comes to is not known yet; news can wait for that moment.
        return None
    news = [found for alert in alerts if (found := _news(receiver, alert, told.get(alert.pk)))]
    changed = [each.alert for each in news] if _is_wait_over(receiver, news, now) else []
    saying = {alert.pk: alert for alert in changed}
    if on_its_way is not None:
        undelivered = set(on_its_way.told.values_list("alert", flat=True))
        open_again = {
            alert.pk: alert
            for alert in alerts
            if alert.pk in undelivered and _may_be_told(receiver, alert)
        }
        # What is silenced is not among the alerts.
        is_stale = undelivered > open_again.keys()
        if not (changed or is_stale) or not _drop(on_its_way, bool(open_again or changed), now):
            return None
        saying |= open_again
    repeats = [alert for alert in alerts if _is_repeat_due(receiver, alert, told, now)]
    saying |= {alert.pk: alert for alert in repeats}
    if not saying:
        return None
    kind = Kind.ALERTS if changed or on_its_way is not None else Kind.REPEAT
    return _row(receiver, kind, sorted(saying.values(), key=_first), now)


def _news(receiver: Receiver, alert: Alert, told: Told | None) -> News | None:
    """Where what it was told last of the alert is no longer so."""
    if alert.status == Alert.Status.RESOLVED:
        is_news = told is not None and told.status != alert.status and receiver.sends_resolved
        return News(alert, alert.resolved_at or alert.wrong_at) if is_news else None
    if not _is_severe_enough(receiver, alert):
        return None
    if told is None or RANK[alert.severity] > RANK[told.severity]:
        # What got worse has waited long enough.
        return News(alert, alert.fired_at or alert.wrong_at)
    return News(alert, told.at) if told.severity != alert.severity else None


def _is_wait_over(receiver: Receiver, news: list[News], now: datetime) -> bool:
    """The group wait counts from the first of them; one that lies ahead was written before the
    clock was set back."""
    if not news:
        return False
    first = min(each.since for each in news)
    wait = timedelta(seconds=receiver.group_wait_seconds)
    return first <= now - wait or first > now + FAR_AHEAD


def _is_repeat_due(
    receiver: Receiver, alert: Alert, told: Mapping[int, Told], now: datetime
) -> bool:
    last = told.get(alert.pk)
    if (
        last is None
        or alert.status != Alert.Status.FIRING
        or alert.acknowledged_at is not None
        or not _is_severe_enough(receiver, alert)
    ):
        return False
    interval = timedelta(minutes=receiver.repeat_minutes)
    return last.at <= now - interval or last.at > now + interval


def _may_be_told(receiver: Receiver, alert: Alert) -> bool:
    if alert.status == Alert.Status.RESOLVED:
        return receiver.sends_resolved
    return _is_severe_enough(receiver, alert)


def _is_severe_enough(receiver: Receiver, alert: Alert) -> bool:
    return RANK[alert.severity] >= RANK[receiver.minimum_severity]


def _drop(row: Notification, is_replaced: bool, now: datetime) -> bool:
    """False where a process has begun to send it meanwhile."""
    why = "A newer message says it." if is_replaced else "What it tells of is over or silenced."
    waiting = Notification.objects.filter(pk=row.pk, status=Status.WAITING)
    return bool(waiting.update(status=Status.DROPPED, finished_at=now, answer=why))


def _first(alert: Alert) -> tuple[bool, int, int]:
    """What fires and is worse stands first."""
    return (alert.status == Alert.Status.RESOLVED, -RANK[alert.severity], alert.pk)


def _row(receiver: Receiver, kind: Kind, alerts: Iterable[Alert], now: datetime) -> Notification:
    alerts = list(alerts)
    row = Notification(receiver=receiver, kind=kind, due_at=now)
    message = message_of(row.message_id, kind, alerts, now)
    row.subject, row.payload = message.subject, message.to_json()
    row.save()
    NotifiedAlert.objects.bulk_create(
        NotifiedAlert(notification=row, alert=alert, status=alert.status, severity=alert.severity)
        for alert in alerts
    )
    return row
