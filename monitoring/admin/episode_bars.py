"""The timeline of episodes: a line for each rule over the chosen days, a bar for each episode."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from classifier.admin.cells import change_link
from monitoring.admin.alert_cells import lasting, moment, severity_badge, short_moment, table
from monitoring.models import Alert

DAYS = (1, 7, 30)
USUAL_DAYS = 7
MAX_EPISODES = 300
MAX_RULES = 20
# Below this share of the line, a bar is not seen.
LEAST_WIDTH = 0.4


@dataclass(frozen=True, slots=True)
class Span:
    start: datetime
    end: datetime

    def place(self, start: datetime, end: datetime) -> tuple[float, float]:
        """Where a stretch of time begins and how wide it is, in percent of this one."""
        whole = (self.end - self.start).total_seconds()
        left = 100 * max((start - self.start).total_seconds(), 0) / whole
        width = 100 * (min(end, self.end) - max(start, self.start)).total_seconds() / whole
        width = max(width, LEAST_WIDTH)
        return round(min(left, 100 - width), 2), round(width, 2)


def timeline(days: int, now: datetime) -> dict[str, Any]:
    """`rows` are rules, those that fire first; `table` has the same in words."""
    span = Span(now - timedelta(days=days), now)
    lately = Q(resolved_at=None) | Q(resolved_at__gte=span.start)
    # One that never fired and is over was nothing.
    is_worth_showing = Q(fired_at__isnull=False) | ~Q(status=Alert.Status.RESOLVED)
    episodes = list(
        Alert.objects.filter(lately & is_worth_showing)
        .select_related("rule")
        .defer("evidence")
        .order_by("-pk")[:MAX_EPISODES]
    )
    by_rule: dict[int, list[Alert]] = defaultdict(list)
    for alert in episodes:
        by_rule[alert.rule_id].append(alert)
    rules = sorted(by_rule.values(), key=_urgency)
    return {
        "days": days,
        "rows": [_row(alerts, span) for alerts in rules[:MAX_RULES]],
        "more_rules": max(len(rules) - MAX_RULES, 0),
        "is_cut": len(episodes) == MAX_EPISODES,
        "ticks": [
            short_moment(span.start + number * (now - span.start) / 4) for number in range(4)
        ],
        "table": table(
            ["Rule", "Severity", "From", "Until", "Lasted"],
            [_told(alert, now) for alert in episodes],
        ),
    }


def _urgency(alerts: list[Alert]) -> tuple[bool, int]:
    return all(alert.status != Alert.Status.FIRING for alert in alerts), -alerts[0].pk


def _row(alerts: list[Alert], span: Span) -> dict[str, Any]:
    """The oldest first, so that the newest is drawn above it."""
    name = alerts[0].rule.name
    word = "episode" if len(alerts) == 1 else "episodes"
    return {
        "name": name,
        "summary": f"{name}: {len(alerts)} {word}",
        "bars": [_bar(alert, span) for alert in reversed(alerts)],
    }


def _bar(alert: Alert, span: Span) -> dict[str, Any]:
    end = alert.resolved_at or span.end
    left, width = span.place(alert.started_at, end)
    kind = "pending" if alert.fired_at is None else alert.severity
    until = f"to {short_moment(alert.resolved_at)}" if alert.resolved_at else "until now"
    name = f"{alert.rule.name} {alert.label}".strip()
    return {
        "pk": alert.pk,
        "left": f"{left}%",
        "width": f"{width}%",
        "kind": kind,
        "title": f"{name}, {kind}: {short_moment(alert.started_at)} {until}",
    }


def _told(alert: Alert, now: datetime) -> list[Any]:
    return [
        change_link(alert),
        severity_badge(alert.severity),
        moment(alert.started_at),
        moment(alert.resolved_at) if alert.resolved_at else "Goes on",
        lasting((alert.resolved_at or now) - alert.started_at),
    ]
