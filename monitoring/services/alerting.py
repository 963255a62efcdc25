"""Judge every rule, and begin, keep and end its episodes.

Rules are judged at the end of each minute that snapshots hold, in order: after a pause those that
were missed are gone through as if there had been none. All that a turn finds is stored at once,
by the one process whose turn it is. What goes wrong with one rule is said of it and stops no other.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from monitoring.detectors.threshold import run
from monitoring.exceptions import TurnLostError
from monitoring.models import Alert, AlertRule, MetricSnapshot
from monitoring.services.clock import MINUTE
from monitoring.services.evidence import Evidence, blind_text
from monitoring.services.judge import Judge, Step
from monitoring.services.records import Found, Records, episode_of
from monitoring.services.rules import is_of, needs_of, pace_of, problem_of
from monitoring.services.stretches import MAX_LABELS, Stretches
from monitoring.services.turns import ALERTS, FAR_AHEAD, Held, take

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=30)
# What was missed in a longer pause is not gone through any more.
LONGEST_PAUSE = timedelta(hours=24)
# What figures that nobody foresaw may lead to, computed or stored.
OF_FIGURES = (ArithmeticError, ValueError, DataError, IntegrityError)
# Without a snapshot for so long, nothing is known.
STALE_AFTER = timedelta(minutes=3)
State = AlertRule.State
Resolution = MetricSnapshot.Resolution


@dataclass(slots=True)
class Verdict:
    """What becomes of a rule and its episodes. `judged_at` is the last moment it was judged at;
    `records` are what is to be stored of the episodes."""

    rule: AlertRule
    state: AlertRule.State
    text: str
    judged_at: datetime | None
    found: list[Found] = field(default_factory=list)
    records: Records = field(default_factory=Records)


@dataclass(frozen=True, slots=True)
class Judged:
    """All that a turn found, not yet stored. `newest` is when the newest minute was over; `records`
    are of episodes that end unjudged; `open_alerts` are those that there were, by rule."""

    held: Held
    newest: datetime | None
    verdicts: list[Verdict]
    records: Records
    open_alerts: dict[int, list[Alert]]


def evaluate_due(now: datetime | None = None) -> None:
    """Judge all rules that are enabled, where this process's turn is."""
    held = take(ALERTS, EVERY, now)
    if held is None:
        return
    try:
        with held.at_work():
            # Read and judged before the transaction: SQLite lets nobody else write during it.
            store(judge(held))
    except TurnLostError as error:
        logger.warning("Nothing of this turn is stored, for others were at it: %s", error)


def judge(held: Held) -> Judged:
    """As many queries as there are series that are judged, however many rules and labels."""
    newest = _newest_end(held.taken_at)
    rules = list(AlertRule.objects.enabled())
    records = Records()
    open_alerts = _open_alerts({rule.pk: rule for rule in rules}, records, held.taken_at)
    problems = {rule.pk: problem_of(rule) for rule in rules}
    moments = {rule.pk: _moments(rule, newest, held.taken_at) for rule in rules}
    sound = [rule for rule in rules if moments[rule.pk] and not problems[rule.pk]]
    needs = [need for rule in sound for need in needs_of(rule, moments[rule.pk][0])]
    read, evidence = Stretches(needs, newest or held.taken_at), Evidence()
    verdicts = []
    for rule in rules:
        problem, rows = problems[rule.pk], open_alerts[rule.pk]
        if problem:
            verdicts.append(_broken(rule, problem, newest, rows, held))
            continue
        verdict = Verdict(rule, State(rule.state), rule.state_text, rule.judged_at)
        try:
            if moments[rule.pk]:
                verdict = _verdict(Judge(rule, read, moments[rule.pk]), rows, evidence)
            _gather(verdict, rows, held)
        except OF_FIGURES as error:
            logger.exception("The rule “%s” could not be judged.", rule.key)
            verdict = _broken(rule, f"Judging it failed: {_name(error)}.", newest, rows, held)
        verdicts.append(_stale(verdict, newest, held.taken_at))
    _end_what_is_not_judged(verdicts, open_alerts, records, held.taken_at)
    return Judged(held, newest, verdicts, records, open_alerts)


def _open_alerts(
    rules: dict[int, AlertRule], records: Records, now: datetime
) -> dict[int, list[Alert]]:
    """By rule. Those that fire for what their rule does not measure any more are over."""
    found: dict[int, list[Alert]] = defaultdict(list)
    # Of the evidence, which is long, that alone is read.
    measure = KeyTextTransform("measure", "evidence")
    rows: Iterable[Any] = Alert.objects.open().defer("evidence").annotate(seen_measure=measure)
    for alert in rows:
        rule = rules.get(alert.rule_id)
        seen = alert.seen_measure
        if rule is not None and not problem_of(rule) and seen not in (None, rule.measure):
            records.end(alert, "The rule judges another measure now.", now)
        else:
            found[alert.rule_id].append(alert)
    return found


@transaction.atomic
def store(judged: Judged) -> None:
    """All of it or nothing. Raises TurnLostError where another has the turn."""
    judged.records.store()
    verdicts = [_stored(verdict, judged) for verdict in judged.verdicts]
    changed = [verdict.rule for verdict in verdicts if _tell(verdict)]
    # No history: what a rule says is no change of the rule.
    AlertRule.objects.bulk_update(changed, ["state", "state_text", "judged_at"])
    AlertRule.objects.filter(is_enabled=False).exclude(state=State.NEVER).update(
        state=State.NEVER, state_text="", judged_at=None
    )
    judged.held.finish(done_until=judged.newest)


def _stored(verdict: Verdict, judged: Judged) -> Verdict:
    """The verdict, its episodes stored; that the rule is broken where the database refused them."""
    if verdict.records.is_empty:
        return verdict
    try:
        with transaction.atomic():
            verdict.records.store()
    except OF_FIGURES as error:
        # Another that has the turn has written them.
        judged.held.check(error)
        rule = verdict.rule
        logger.exception("The episodes of the rule “%s” could not be stored.", rule.key)
        text = f"Its episodes could not be stored: {_name(error)}."
        open_alerts = judged.open_alerts[rule.pk]
        verdict = _broken(rule, text, judged.newest, open_alerts, judged.held)
        verdict.records.store()
    return verdict


def _newest_end(now: datetime) -> datetime | None:
    rows = MetricSnapshot.objects.filter(resolution=Resolution.MINUTE, at__lte=now - MINUTE)
    newest = rows.order_by("-at").values_list("at", flat=True).first()
    return newest + MINUTE if newest is not None else None


def _moments(rule: AlertRule, newest: datetime | None, now: datetime) -> list[datetime]:
    """The ends of minutes at which it is to be judged. A rule that is new is judged from now on,
    and so is one whose last moment lies ahead, since a clock was set back."""
    if newest is None:
        return []
    last = rule.judged_at
    if last is None or last > now + FAR_AHEAD:
        return [newest]
    number = (newest - max(last, newest - LONGEST_PAUSE)) // MINUTE
    return [newest - back * MINUTE for back in reversed(range(number))]


def _verdict(judge: Judge, open_alerts: list[Alert], evidence: Evidence) -> Verdict:
    rule, pace = judge.rule, pace_of(judge.rule)
    if judge.is_crowded:
        text = f"More than {MAX_LABELS} labels: too many for alerts of their own."
        return Verdict(rule, State.BROKEN, text, judge.moments[-1])
    rows = {alert.label: alert for alert in open_alerts}
    found: list[Found] = []
    last: dict[str, Step] = {}
    for label in sorted(judge.labels() | {label for label in rows if is_of(rule, label)}):
        steps = judge.track(label).steps()
        last[label] = steps[-1]
        row = rows.get(label)
        episodes = run(
            episode_of(row) if row else None, ((step.at, step.look) for step in steps), pace
        )
        by_moment = {step.at: step for step in steps}
        for index, episode in enumerate(episodes):
            before = row if index == 0 else None
            found.append(Found(judge, label, before, episode, by_moment, evidence))
    state, text = _state(rule, found, last)
    return Verdict(rule, state, text, judge.moments[-1], found)


def _state(
    rule: AlertRule, found: list[Found], last: dict[str, Step]
) -> tuple[AlertRule.State, str]:
    """That of the worst label; what nothing can be said of is neither right nor wrong."""
    open_ones = [each for each in found if each.episode.is_open]
    firing = [each for each in open_ones if each.episode.fired_at is not None]
    blind = [step for step in last.values() if step.look.is_blind]
    if not last:
        return State.NO_DATA, "No label was seen."
    if len(blind) == len(last):
        stays = f" Alerts that stay open: {len(open_ones)}." if open_ones else ""
        return State.NO_DATA, blind_text(rule, blind[0]) + stays
    if firing:
        return State.FIRING, _named(firing)
    if open_ones:
        return State.PENDING, _named(open_ones)
    return State.OK, ""


def _named(found: list[Found]) -> str:
    labels = [each.label for each in found if each.label]
    return ", ".join(labels)[:500]


def _stale(verdict: Verdict, newest: datetime | None, now: datetime) -> Verdict:
    """Nothing is known of now where no snapshot was taken."""
    if verdict.state == State.BROKEN:
        return verdict
    if newest is None:
        verdict.state, verdict.text = State.NO_DATA, "No snapshot was taken yet."
    elif now - newest > STALE_AFTER:
        when = f"{timezone.localtime(newest):%Y-%m-%d %H:%M}"
        verdict.state, verdict.text = State.NO_DATA, f"No snapshot was taken since {when}."
    return verdict


def _gather(verdict: Verdict, open_alerts: list[Alert], held: Held) -> None:
    """What is to be stored of its episodes. Those of a rule that breaks stay open and say so."""
    for each in verdict.found:
        verdict.records.add(each)
    if verdict.state == State.BROKEN and verdict.rule.state != State.BROKEN:
        for alert in open_alerts:
            text = f"Cannot be judged any more: {verdict.text}"
            verdict.records.say(alert, text, held.taken_at)


def _broken(
    rule: AlertRule, text: str, at: datetime | None, open_alerts: list[Alert], held: Held
) -> Verdict:
    verdict = Verdict(rule, State.BROKEN, text, at)
    _gather(verdict, open_alerts, held)
    return verdict


def _name(error: Exception) -> str:
    """No more of it: its text may quote what it was about."""
    return type(error).__name__


def _tell(verdict: Verdict) -> bool:
    """Let the rule say so. Returns whether it says something else than before."""
    rule = verdict.rule
    before = (rule.state, rule.state_text, rule.judged_at)
    rule.state, rule.state_text, rule.judged_at = verdict.state, verdict.text, verdict.judged_at
    return before != (rule.state, rule.state_text, rule.judged_at)


def _end_what_is_not_judged(
    verdicts: Iterable[Verdict],
    open_alerts: dict[int, list[Alert]],
    records: Records,
    now: datetime,
) -> None:
    """Open episodes of rules that were switched off, and of labels that a rule has no more."""
    found = {verdict.rule.pk: verdict for verdict in verdicts}
    for rule_id, alerts in open_alerts.items():
        verdict = found.get(rule_id)
        for alert in alerts:
            if verdict is None:
                records.end(alert, "The rule was switched off.", now)
            elif verdict.state != State.BROKEN and not is_of(verdict.rule, alert.label):
                records.end(alert, "The rule does not judge this label any more.", now)
