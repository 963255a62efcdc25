"""Write what became of episodes: the row of each, and a row for each change of it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from monitoring.detectors.threshold import Episode, Status
from monitoring.exceptions import TurnLostError
from monitoring.models import Alert, AlertEvent, Severity
from monitoring.services.evidence import Evidence, sentence
from monitoring.services.judge import Judge, Step
from monitoring.services.silences import active_silences, is_silenced

Kind = AlertEvent.Kind
# Of the episodes that never fired, a rule keeps so many: a measure that wavers must not fill the
# table.
UNFIRED_KEPT = 20
# What changes while an episode stays as it is.
COUNTERS = ["value", "wrong_at", "wrong_minutes", "critical_minutes", "right_minutes"]
MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one episode. `before` is its row, None where it began now; `steps` are what it
    was judged by, by their moments."""

    judge: Judge
    label: str
    before: Alert | None
    episode: Episode
    steps: dict[datetime, Step]
    evidence: Evidence

    def step(self, moment: datetime) -> Step:
        """That of the moment; the last, where the clock was set back since the episode's own."""
        return self.steps.get(moment) or self.steps[max(self.steps)]

    def sentence(self, moment: datetime) -> str:
        return self.evidence.sentence(self.judge, self.label, self.step(moment))

    def value(self) -> float | None:
        """The last that was seen before it was over, else what was seen before."""
        for at in sorted(self.steps, reverse=True):
            is_within = self.episode.resolved_at is None or at <= self.episode.resolved_at
            if is_within and self.steps[at].value is not None:
                return self.steps[at].value
        return self.before.value if self.before is not None else None


def episode_of(alert: Alert) -> Episode:
    return Episode(
        status=Status(alert.status),
        is_critical=alert.severity == Severity.CRITICAL,
        started_at=alert.started_at,
        wrong_at=alert.wrong_at,
        wrong_minutes=alert.wrong_minutes,
        critical_minutes=alert.critical_minutes,
        right_minutes=alert.right_minutes,
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
    )


class Records:
    """Of one turn: gathered first, then stored with few queries, however many episodes there
    are. Those that only go on are stored together."""

    def __init__(self) -> None:
        self._new: list[Alert] = []
        self._going_on: list[Alert] = []
        self._changed: list[tuple[Alert, str, dict[str, Any]]] = []
        self._events: list[AlertEvent] = []
        self._unfired: dict[int, list[Alert]] = defaultdict(list)

    @property
    def is_empty(self) -> bool:
        return not (self._new or self._going_on or self._changed or self._events)

    def add(self, found: Found) -> None:
        fields = _fields(found)
        if found.before is None:
            alert = Alert(rule=found.judge.rule, label=found.label, **fields)
            self._add_new(alert, found)
            return
        alert, before = found.before, found.before.status
        was_critical = alert.severity == Severity.CRITICAL
        is_changed = before != fields["status"] or was_critical != found.episode.is_critical
        if is_changed:
            self._add_events(alert, found, Status(before), was_critical)
            self._changed.append((alert, before, fields))
        else:
            for name in COUNTERS:
                setattr(alert, name, fields[name])
            self._going_on.append(alert)

    def end(self, alert: Alert, reason: str, now: datetime) -> None:
        """For a reason that is not what was measured."""
        now = max(now, alert.wrong_at)
        self._changed.append((alert, alert.status, {"status": Status.RESOLVED, "resolved_at": now}))
        self._say_status(alert, alert.status, Status.RESOLVED, reason, now)

    def say(self, alert: Alert, text: str, now: datetime) -> None:
        """Of an episode that stays as it is."""
        fields = {"text": f"{text} {alert.text}"[:MAX_TEXT]}
        self._changed.append((alert, alert.status, fields))
        self._events.append(AlertEvent(alert=alert, kind=Kind.COMMENT, text=text, created_at=now))

    def store(self) -> None:
        """Raises TurnLostError where another has changed the status of an episode meanwhile."""
        for alert, before, fields in self._changed:
            if not Alert.objects.filter(pk=alert.pk, status=before).update(**fields):
                raise TurnLostError(f"Episode {alert.pk} was changed by another process.")
        Alert.objects.bulk_update(self._going_on, COUNTERS, batch_size=100)
        Alert.objects.bulk_create(self._new)
        AlertEvent.objects.bulk_create(self._events)
        self._say_silenced()
        for rule_id in self._unfired:
            _forget_unfired(rule_id)

    def _add_new(self, alert: Alert, found: Found) -> None:
        if found.episode.fired_at is None and not found.episode.is_open:
            unfired = self._unfired[found.judge.rule.pk]
            unfired.append(alert)
            if len(unfired) > UNFIRED_KEPT:
                self._drop(unfired.pop(0))
        self._new.append(alert)
        started_at = found.episode.started_at
        self._say_status(alert, "", Status.PENDING, found.sentence(started_at), started_at)
        self._add_events(alert, found, Status.PENDING, not _has_warning(found))

    def _drop(self, alert: Alert) -> None:
        self._new = [each for each in self._new if each is not alert]
        self._events = [each for each in self._events if each.alert is not alert]

    def _add_events(self, alert: Alert, found: Found, status: Status, was_critical: bool) -> None:
        """From how it was until how it is, in the order of time."""
        episode = found.episode
        if status is Status.PENDING and episode.fired_at is not None:
            text = found.sentence(episode.fired_at)
            self._say_status(alert, status, Status.FIRING, text, episode.fired_at)
            status = Status.FIRING
        if episode.is_critical and not was_critical and episode.critical_at is not None:
            self._events.append(
                AlertEvent(
                    alert=alert,
                    kind=Kind.SEVERITY,
                    from_value=Severity.WARNING,
                    to_value=Severity.CRITICAL,
                    text=found.sentence(episode.critical_at),
                    created_at=episode.critical_at,
                )
            )
        if episode.resolved_at is not None:
            self._say_status(alert, status, Status.RESOLVED, _end_text(found), episode.resolved_at)
            if episode.fired_at is None:
                self._unfired.setdefault(found.judge.rule.pk, [])

    def _say_status(self, alert: Alert, before: str, after: str, text: str, at: datetime) -> None:
        self._events.append(
            AlertEvent(
                alert=alert,
                kind=Kind.STATUS,
                from_value=before,
                to_value=after,
                text=text,
                created_at=at,
            )
        )

    def _say_silenced(self) -> None:
        """Of those that begin to fire while a silence covers them."""
        firing = [
            event.alert
            for event in self._events
            if event.kind == Kind.STATUS and event.to_value == Status.FIRING
        ]
        if not firing:
            return
        now = timezone.now()
        silences = active_silences(now)
        AlertEvent.objects.bulk_create(
            AlertEvent(
                alert=alert,
                kind=Kind.SILENCED,
                text="A silence covers it: nobody is told.",
                created_at=now,
            )
            for alert in firing
            if is_silenced(alert, silences)
        )


def _fields(found: Found) -> dict[str, Any]:
    """Of the row. The evidence is written once, as it begins to fire."""
    episode, before = found.episode, found.before
    fields: dict[str, Any] = {
        "status": episode.status.value,
        "severity": Severity.CRITICAL if episode.is_critical else Severity.WARNING,
        "started_at": episode.started_at,
        "fired_at": episode.fired_at,
        "wrong_at": episode.wrong_at,
        "resolved_at": episode.resolved_at,
        "wrong_minutes": episode.wrong_minutes,
        "critical_minutes": episode.critical_minutes,
        "right_minutes": episode.right_minutes,
        "value": found.value(),
    }
    has_fired = before is not None and before.fired_at is not None
    if episode.fired_at is not None and not has_fired:
        step = found.step(episode.fired_at)
        fields["evidence"] = found.evidence.of(found.judge, found.label, step)
    if before is None or "evidence" in fields or episode.critical_at is not None:
        fields["text"] = _text_at(found)
    return fields


def _text_at(found: Found) -> str:
    """Of the moment at which it became what it is."""
    episode = found.episode
    return found.sentence(episode.critical_at or episode.fired_at or episode.started_at)


def _end_text(found: Found) -> str:
    resolved_at = found.episode.resolved_at
    return sentence(found.judge, found.label, found.step(resolved_at)) if resolved_at else ""


def _has_warning(found: Found) -> bool:
    return found.judge.rule.warning is not None


def _forget_unfired(rule_id: int) -> None:
    """The oldest of those that never fired and nobody said anything of."""
    unfired = Alert.objects.filter(
        rule=rule_id, status=Alert.Status.RESOLVED, fired_at=None
    ).exclude(events__by__isnull=False)
    old = list(unfired.order_by("-id").values_list("pk", flat=True)[UNFIRED_KEPT:])
    if old:
        Alert.objects.filter(pk__in=old).delete()
