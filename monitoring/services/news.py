"""What has to be told to whom: held against what each receiver was told last.

All that is due to a receiver is one message, and a receiver has one that is on its way at most; the
table sees to that. What could not be delivered yet is replaced by a newer message as soon as there
is news, so that nobody hears of an alert after its end, or within a silence that was made
meanwhile.

Of a message that failed nothing counts as told: what it said is tried anew after a pause, while it
is so. That an alert is over is told to who may have heard that it fires, and to nobody else.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from monitoring.models import Alert, Notification, NotifiedAlert, Receiver, Severity
from monitoring.services.messages import message_of
from monitoring.services.silences import active_silences, is_silenced
from monitoring.services.turns import FAR_AHEAD

Status = Notification.Status
Kind = Notification.Kind
OPEN = (Status.WAITING, Status.SENDING)
# Such an attempt was heard, or may have been.
HEARD = (Status.SENT, Status.UNKNOWN)
# What failed for good is tried anew after so long: the receiver may have been mended.
PAUSE = timedelta(minutes=15)
NOT_DUE = "What it tells of is over, silenced or looked after."
# Of what has been over for longer nobody is told any more.
LOOK_BACK = timedelta(days=7)
RANK: dict[str, int] = {Severity.WARNING.value: 0, Severity.CRITICAL.value: 1}


@dataclass(frozen=True, slots=True)
class Told:
    """What a message to a receiver says of one alert, and when it was due."""

    status: str
    severity: str
    at: datetime

    def is_so(self, alert: Alert) -> bool:
        """Still."""
        return (self.status, self.severity) == (alert.status, alert.severity)


# Of a receiver and an alert.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Past:
    """What the newest message said that was `told`, and the newest that `failed`, each judged by
    its last attempt. `heard`: of an alert that is over, who may have heard that it fires, be it by
    an attempt that was followed by others."""

    told: Mapping[Pair, Told]
    failed: Mapping[Pair, Told]
    heard: Set[Pair]


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
    past = _past(worth_telling)
    on_their_way = {
        row.receiver_id: row
        for row in Notification.objects.exclude(kind=Kind.TEST)
        .filter(status__in=OPEN)
        .defer("payload")
        .prefetch_related("told")
    }
    written = []
    for receiver in receivers:
        row = _write(receiver, alerts, past, on_their_way.get(receiver.pk), now)
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


def _past(alerts: "QuerySet[Alert]") -> Past:
    attempts = Notification.objects.filter(message_id=OuterRef("notification__message_id"))
    heard = NotifiedAlert.objects.filter(
        Exists(attempts.filter(status__in=HEARD)),
        alert__in=alerts.filter(status=Alert.Status.RESOLVED).values("pk"),
        status=Alert.Status.FIRING,
    )
    return Past(
        told=_newest(alerts, HEARD),
        failed=_newest(alerts, [Status.FAILED]),
        heard=set(heard.order_by().values_list("notification__receiver", "alert").distinct()),
    )


def _newest(alerts: "QuerySet[Alert]", statuses: Iterable[str]) -> dict[Pair, Told]:
    newest = (
        NotifiedAlert.objects.filter(
            alert__in=alerts.values("pk"), notification__status__in=statuses
        )
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
    past: Past,
    on_its_way: Notification | None,
    now: datetime,
) -> Notification | None:
    if on_its_way is not None and on_its_way.status == Status.SENDING:
        # What it comes to is not known yet; news can wait for that moment.
        return None
    waiting = _said(on_its_way)
    news = [found for alert in alerts if (found := _news(receiver, alert, past, now))]
    new = [each for each in news if each.alert.pk not in waiting]
    if not _is_wait_over(receiver, new, now):
        new = []
        news = [each for each in news if each.alert.pk in waiting]
    repeats = [alert for alert in alerts if _is_repeat_due(receiver, alert, past, now)]
    saying = {alert.pk: alert for alert in [*(each.alert for each in news), *repeats]}
    if on_its_way is not None:
        is_stale = any(
            pk not in saying or not said.is_so(saying[pk]) for pk, said in waiting.items()
        )
        if not (new or is_stale) or not _drop(on_its_way, bool(saying), now):
            return None
    if not saying:
        return None
    kind = Kind.ALERTS if news else Kind.REPEAT
    return _row(receiver, kind, sorted(saying.values(), key=_first), now)


def _said(message: Notification | None) -> dict[int, Told]:
    """By alert."""
    if message is None:
        return {}
    return {
        each.alert_id: Told(each.status, each.severity, message.due_at)
        for each in message.told.all()
    }


def _news(receiver: Receiver, alert: Alert, past: Past, now: datetime) -> News | None:
    """Where what it was told last of the alert is no longer so."""
    pair = (receiver.pk, alert.pk)
    told = past.told.get(pair)
    if _has_failed_lately(past.failed.get(pair), alert, now):
        return None
    if alert.status == Alert.Status.RESOLVED:
        is_told = told is not None and told.status == alert.status
        is_news = receiver.sends_resolved and pair in past.heard and not is_told
        return News(alert, alert.resolved_at or alert.wrong_at) if is_news else None
    if not _is_severe_enough(receiver, alert):
        return None
    if told is None or RANK[alert.severity] > RANK[told.severity]:
        # What got worse has waited long enough.
        return News(alert, alert.fired_at or alert.wrong_at)
    return News(alert, told.at) if told.severity != alert.severity else None


def _has_failed_lately(failed: Told | None, alert: Alert, now: datetime) -> bool:
    """Where the alert is as the message said: what is new is told at once. A moment further ahead
    was written before the clock was set back."""
    return failed is not None and failed.is_so(alert) and now - PAUSE < failed.at <= now + PAUSE


def _is_wait_over(receiver: Receiver, news: list[News], now: datetime) -> bool:
    """The group wait counts from the first of them; one that lies ahead was written before the
    clock was set back."""
    if not news:
        return False
    first = min(each.since for each in news)
    wait = timedelta(seconds=receiver.group_wait_seconds)
    return first <= now - wait or first > now + FAR_AHEAD


def _is_repeat_due(receiver: Receiver, alert: Alert, past: Past, now: datetime) -> bool:
    pair = (receiver.pk, alert.pk)
    last = past.told.get(pair)
    if (
        last is None
        or _has_failed_lately(past.failed.get(pair), alert, now)
        or alert.status != Alert.Status.FIRING
        or alert.acknowledged_at is not None
        or not _is_severe_enough(receiver, alert)
    ):
        return False
    interval = timedelta(minutes=receiver.repeat_minutes)
    return last.at <= now - interval or last.at > now + interval


def _is_severe_enough(receiver: Receiver, alert: Alert) -> bool:
    return RANK[alert.severity] >= RANK[receiver.minimum_severity]


def _drop(row: Notification, is_replaced: bool, now: datetime) -> bool:
    """False where a process has begun to send it meanwhile."""
    why = "A newer message says it." if is_replaced else NOT_DUE
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
