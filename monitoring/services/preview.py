"""What a rule would have done in the last days, had it been there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from monitoring.detectors.threshold import run
from monitoring.models import AlertRule, MetricSnapshot, Severity
from monitoring.services.clock import MINUTE
from monitoring.services.evidence import blind_text
from monitoring.services.rules import Judge, Step, needs_of, pace_of, problem_of
from monitoring.services.series import Point
from monitoring.services.stretches import Stretches

Resolution = MetricSnapshot.Resolution
# Of a rule with more labels it would take too long.
MOST_LABELS = 20
# A chart has no room for more points.
MOST_POINTS = 1000


@dataclass(frozen=True, slots=True)
class PreviewEpisode:
    """`fired_at` is None of one that was wrong for too short a time; `resolved_at` of one that
    lasts."""

    started_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    severity: Severity
    label: str


@dataclass(frozen=True, slots=True)
class Preview:
    """`points` are what was judged, the worst of each stretch where there are too many to show;
    `warning` and `critical` are the thresholds at each of them, None where there was none. They
    are of the label `label`, that of which most fired. `missing` is the share of time of which
    nothing can be said. Episodes are in the order of time."""

    episodes: tuple[PreviewEpisode, ...]
    label: str
    points: tuple[Point, ...]
    warning: tuple[float | None, ...]
    critical: tuple[float | None, ...]
    text: str
    missing: float

    @property
    def fired(self) -> int:
        return sum(episode.fired_at is not None for episode in self.episodes)


def preview(rule: AlertRule, days: int = 14, now: datetime | None = None) -> Preview:
    """Of a rule, saved or not, through every minute of the last `days` that snapshots hold, by the
    same machine as alerts. Writes nothing."""
    problem = problem_of(rule)
    if problem:
        return _nothing(problem)
    moments = _moments(days, now or timezone.now())
    if not moments:
        return _nothing("No snapshot was taken yet.")
    judge = Judge(rule, Stretches(needs_of(rule, moments[0]), moments[-1], MOST_LABELS))
    if judge.is_crowded:
        return _nothing(f"More than {MOST_LABELS} labels: too many to look back at.")
    seen = {label: judge.steps(label, moments) for label in sorted(judge.labels())}
    if not seen:
        return _nothing("No label was seen.")
    episodes = [each for label, steps in seen.items() for each in _episodes(rule, label, steps)]
    episodes.sort(key=lambda episode: episode.started_at)
    fired = [episode.label for episode in episodes if episode.fired_at is not None]
    label = max(seen, key=fired.count)
    shown = _worst(seen[label], is_above=rule.condition == AlertRule.Condition.ABOVE)
    steps = [step for each in seen.values() for step in each]
    missing = sum(step.look.is_blind for step in steps) / len(steps)
    return Preview(
        episodes=tuple(episodes),
        label=label,
        points=tuple(Point(step.at, step.value, step.samples) for step in shown),
        warning=tuple(step.limits.warning if step.limits else None for step in shown),
        critical=tuple(step.limits.critical if step.limits else None for step in shown),
        text=_text(rule, len(fired), days, missing, seen[label]),
        missing=missing,
    )


def _moments(days: int, now: datetime) -> list[datetime]:
    """The ends of minutes, from the oldest snapshot within `days` to the newest."""
    rows = MetricSnapshot.objects.filter(
        resolution=Resolution.MINUTE, at__gte=now - timedelta(days=days), at__lte=now - MINUTE
    )
    times = rows.values_list("at", flat=True)
    first, last = times.order_by("at").first(), times.order_by("-at").first()
    if first is None or last is None:
        return []
    return [first + number * MINUTE for number in range(1, (last - first) // MINUTE + 2)]


def _episodes(rule: AlertRule, label: str, steps: Sequence[Step]) -> list[PreviewEpisode]:
    return [
        PreviewEpisode(
            each.started_at,
            each.fired_at,
            each.resolved_at,
            Severity.CRITICAL if each.is_critical else Severity.WARNING,
            label,
        )
        for each in run(None, ((step.at, step.look) for step in steps), pace_of(rule))
    ]


def _worst(steps: Sequence[Step], *, is_above: bool) -> list[Step]:
    """Of each of MOST_POINTS stretches the step whose value is worst; one without a value where
    there is none."""
    size = -(-len(steps) // MOST_POINTS)
    found = []
    for start in range(0, len(steps), size):
        part = steps[start : start + size]
        valued = [step for step in part if step.value is not None]
        sign = 1 if is_above else -1
        worst = max(valued, key=lambda step: sign * (step.value or 0.0), default=part[0])
        found.append(worst)
    return found


def _text(rule: AlertRule, fired: int, days: int, missing: float, steps: Sequence[Step]) -> str:
    if missing == 1:
        return f"Nothing can be said of the last {days} days. {blind_text(rule, steps[-1])}"
    times = "once" if fired == 1 else f"{fired} times"
    said = f"Would have fired {times} in the last {days} days."
    if not fired:
        said = f"Would not have fired in the last {days} days."
    if missing < 0.005:
        return said
    share = "almost all" if missing > 0.995 else f"{missing:.0%}"
    return f"{said} Nothing can be said of {share} of that time."


def _nothing(text: str) -> Preview:
    return Preview((), "", (), (), (), text, 1.0)
