"""What a rule would have done in the last days, had it been there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone

from monitoring.detectors.threshold import CODES, LOOKS, run, telling
from monitoring.models import AlertRule, MetricSnapshot, Severity
from monitoring.services.clock import MINUTE
from monitoring.services.evidence import blind_text
from monitoring.services.judge import Judge, Track
from monitoring.services.rules import needs_of, pace_of, problem_of
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
    read = Stretches(needs_of(rule, moments[0]), moments[-1], MOST_LABELS)
    judge = Judge(rule, read, moments)
    if judge.is_crowded:
        return _nothing(f"More than {MOST_LABELS} labels: too many to look back at.")
    seen = {label: judge.track(label) for label in sorted(judge.labels())}
    if not seen:
        return _nothing("No label was seen.")
    episodes = [each for label, track in seen.items() for each in _episodes(rule, label, track)]
    episodes.sort(key=lambda episode: episode.started_at)
    fired = [episode.label for episode in episodes if episode.fired_at is not None]
    label = max(seen, key=fired.count)
    shown = seen[label].steps(_worst(seen[label]))
    missing = sum(_blind_share(track) for track in seen.values()) / len(seen)
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


def _episodes(rule: AlertRule, label: str, track: Track) -> list[PreviewEpisode]:
    pace = pace_of(rule)
    told = telling(track.codes, pace).tolist()
    steps = ((track.moments[place], LOOKS[track.codes[place]]) for place in told)
    return [
        PreviewEpisode(
            each.started_at,
            each.fired_at,
            each.resolved_at,
            Severity.CRITICAL if each.is_critical else Severity.WARNING,
            label,
        )
        for each in run(None, steps, pace)
    ]


def _worst(track: Track) -> list[int]:
    """The place of the worst value in each of MOST_POINTS stretches; the first where none has
    any."""
    size = -(-len(track.moments) // MOST_POINTS)
    signed = track.values if track.is_above else -track.values
    badness = np.where(np.isnan(signed), -np.inf, signed)
    starts = range(0, len(badness), size)
    return [start + int(badness[start : start + size].argmax()) for start in starts]


def _blind_share(track: Track) -> float:
    return float(np.isin(track.codes, [CODES[look] for look in LOOKS if look.is_blind]).mean())


def _text(rule: AlertRule, fired: int, days: int, missing: float, track: Track) -> str:
    if missing == 1:
        return f"Nothing can be said of the last {days} days. {blind_text(rule, track.step(-1))}"
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
