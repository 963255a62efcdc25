"""Keep alerts from being told for a while: of a rule or of all, of one label or of each."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from monitoring.exceptions import ConflictError, InvalidError
from monitoring.models import Alert, AlertEvent, AlertRule, Silence

MAX_REASON = 300
# Who silences for longer has forgotten it long before its end.
LONGEST = timedelta(days=366)
TOO_LONG = "It lasts a year at most."


@transaction.atomic
def silence(
    rule: AlertRule | None, label: str, until: datetime, reason: str, by: AbstractBaseUser
) -> Silence:
    """From now until `until`. Every open alert that it covers gets a row that says so.

    `rule` is None for all rules, `label` empty for all labels. Raises InvalidError where a value
    cannot be taken.
    """
    reason, now = reason.strip(), timezone.now()
    if until <= now:
        raise InvalidError("until", "It is over already.")
    if until > now + LONGEST:
        raise InvalidError("until", TOO_LONG)
    if not reason:
        raise InvalidError("reason", "Say why.")
    if len(reason) > MAX_REASON:
        raise InvalidError("reason", f"{len(reason)} characters; {MAX_REASON} at most.")
    made = Silence.objects.create(
        rule=rule,
        label=label.strip(),
        reason=reason,
        starts_at=now,
        ends_at=until,
        created_by=by,  # type: ignore[misc]
    )
    covered = [alert for alert in Alert.objects.open() if is_silenced(alert, [made])]
    _record(covered, f"Until {_when(until)}: {reason}", by, now)
    return made


@transaction.atomic
def end_silence(silence: Silence, by: AbstractBaseUser) -> None:
    """Now, before its time. Raises ConflictError where it is over."""
    now = timezone.now()
    running = Silence.objects.filter(pk=silence.pk, ends_at__gt=now, starts_at__lte=now)
    if not running.update(ends_at=now, ended_by=by):
        raise ConflictError("It is over.")
    covered = [alert for alert in Alert.objects.open() if is_silenced(alert, [silence])]
    _record(covered, "The silence was ended before its time.", by, now)
    silence.refresh_from_db()


def active_silences(now: datetime) -> list[Silence]:
    return list(Silence.objects.filter(starts_at__lte=now, ends_at__gt=now))


def is_silenced(alert: Alert, silences: Iterable[Silence]) -> bool:
    """By one of them at least; whether they are active is for the caller to say."""
    return any(
        silence.rule_id in (None, alert.rule_id) and silence.label in ("", alert.label)
        for silence in silences
    )


def _when(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _record(alerts: Iterable[Alert], text: str, by: AbstractBaseUser, now: datetime) -> None:
    AlertEvent.objects.bulk_create(
        AlertEvent(
            alert=alert,
            kind=AlertEvent.Kind.SILENCED,
            text=text,
            by=by,  # type: ignore[misc]
            created_at=now,
        )
        for alert in alerts
    )
