"""What a rule says at each moment: the value in its window, the thresholds, right or wrong."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils import timezone

from monitoring.detectors.learning import Past, Reference
from monitoring.detectors.quantiles import Sums
from monitoring.detectors.stretch import NOTHING, Stretch
from monitoring.detectors.threshold import Limits, Look, Pace
from monitoring.measures import MEASURES, SERIES, By, Measure, Unit
from monitoring.models import AlertRule, MetricSnapshot
from monitoring.services.clock import HOUR, MINUTE, hour_of
from monitoring.services.series import Point
from monitoring.services.stretches import Need, Stretches

Resolution = MetricSnapshot.Resolution
# A series of which no minute was seen for so long is missing.
FRESH = timedelta(minutes=3)
# Longer windows are summed from hours, save for the hour that is not over.
LONGEST_OF_MINUTES = 3 * 60
# An hour of which less was seen teaches nothing.
LEAST_SECONDS_OF_HOUR = 1800
POINTS = 60
# Too few observations end an alert when they were right for so long, or for as long as the window
# where that is longer: of all that they say, nothing was seen while it was wrong.
LEAST_FEW_MINUTES = 60
# What a learned deviation counts as at least, so that noise of a still series does not alarm.
LEAST_DEVIATION = {
    Unit.SHARE: 0.005,
    Unit.SECONDS: 0.005,
    Unit.PER_SECOND: 0.005,
    Unit.BYTES: 16 * 2**20,
    Unit.CORES: 0.25,
    Unit.NUMBER: 0.5,
}


@dataclass(frozen=True, slots=True)
class Step:
    """What is seen at `at`, the end of the window. `limits` is None where nothing is learned
    yet."""

    at: datetime
    look: Look
    value: float | None = None
    samples: int = 0
    limits: Limits | None = None
    reference: Reference | None = None


def problem_of(rule: AlertRule) -> str:
    """Why it cannot be judged; empty where it can."""
    measure = MEASURES.get(rule.measure)
    if measure is None:
        return f"There is no measure “{rule.measure}”."
    series = SERIES[measure.series]
    if rule.by and rule.by not in (*series.by_minute, *series.by_hour):
        return f"“{measure.name}” is not split by {rule.by}."
    given = [each for each in (rule.warning, rule.critical) if each is not None]
    if not given or not all(map(math.isfinite, given)):
        return "It has no threshold."
    return ""


def pace_of(rule: AlertRule) -> Pace:
    keep = rule.keep_firing_minutes
    few = max(keep, rule.window_minutes, LEAST_FEW_MINUTES)
    return Pace(rule.for_minutes, keep, few, has_warning=rule.warning is not None)


def is_of(rule: AlertRule, label: str) -> bool:
    """Whether the rule, as it is now, judges such a label."""
    return label == rule.label if rule.label or not rule.by else bool(label)


def needs_of(rule: AlertRule, first: datetime) -> list[Need]:
    """What must be read to judge it from `first` on, and to show what was before."""
    measure, window = MEASURES[rule.measure], timedelta(minutes=rule.window_minutes)
    start = first - min(max(window, POINTS * MINUTE), LONGEST_OF_MINUTES * MINUTE)
    needs = []
    if not _is_of_hours_alone(rule):
        needs.append(Need(measure.series, rule.by, rule.label, Resolution.MINUTE, start))
    if _reads_hours(rule):
        start = first - max(window, POINTS * HOUR) - HOUR
        needs.append(Need(measure.series, rule.by, rule.label, Resolution.HOUR, start))
    if rule.thresholds == AlertRule.Thresholds.LEARNED:
        start = first - timedelta(days=rule.reference_days + 1)
        needs.append(Need(measure.series, rule.by, rule.label, Resolution.HOUR, start))
    return needs


class Judge:
    """Of one rule, by what was read for its needs. Of rules that have no problem alone."""

    def __init__(self, rule: AlertRule, read: Stretches) -> None:
        self.rule = rule
        self.measure: Measure = MEASURES[rule.measure]
        split = (self.measure.series, rule.by, rule.label)
        kinds = [Resolution.HOUR] if _is_of_hours_alone(rule) else list(Resolution)[:2]
        self.is_crowded = any(read.is_crowded(*split, kind) for kind in kinds)
        self._minutes = read.labels(*split, Resolution.MINUTE)
        self._hours = read.labels(*split, Resolution.HOUR)
        self._whole_minutes = read.whole(self.measure.series, Resolution.MINUTE)
        self._whole_hours = read.whole(self.measure.series, Resolution.HOUR)
        base = (
            (self._hours, self._whole_hours)
            if _is_of_hours_alone(rule)
            else (self._minutes, self._whole_minutes)
        )
        self._seen = sorted(
            {start for each in (*base[0].values(), base[1]) for start in each.starts.tolist()}
        )
        self._taught: dict[str, list[tuple[datetime, float]]] = {}
        self._pasts: dict[tuple[str, date], Past] = {}
        self._references: dict[tuple[str, date, int], Reference | None] = {}

    def labels(self) -> set[str]:
        """Those that were seen at all, or the one that the rule is of."""
        if self.rule.label or not self.rule.by:
            return {self.rule.label}
        base = self._hours if _is_of_hours_alone(self.rule) else self._minutes
        return set(base) | (set(self._hours) if _reads_hours(self.rule) else set())

    def steps(self, label: str, moments: Sequence[datetime]) -> list[Step]:
        return [self._step(label, at) for at in moments]

    def points(self, label: str, end: datetime) -> list[Point]:
        """The last minutes before `end`, or hours where the window is long; POINTS at most."""
        hours = _reads_hours(self.rule)
        length = HOUR if hours else MINUTE
        rows = (self._hours if hours else self._minutes).get(label, NOTHING)
        whole = self._whole_hours if hours else self._whole_minutes
        found = []
        for start, sums in rows.each(end - POINTS * length, end):
            at = datetime.fromtimestamp(start, tz=end.tzinfo)
            seen = self._of_whole(sums, whole, at, at + length)
            found.append(Point(at, self.measure.value(seen), seen.count))
        return found

    def _step(self, label: str, at: datetime) -> Step:
        if not self._is_fresh(at):
            return Step(at, Look.MISSING)
        sums = self._window(label, at)
        if sums is None:
            # A label that is gone while others are seen is wrong no more.
            is_gone = bool(self.rule.by) and not self.rule.label and self._has_others(at)
            return Step(at, Look.RIGHT if is_gone else Look.MISSING)
        value = self.measure.value(sums)
        limits, reference = self._limits(label, at, sums)
        if value is None or sums.count < self.rule.minimum_samples:
            look = Look.FEW
            if value is not None and limits is not None:
                is_wrong = limits.look(value).is_wrong
                look = Look.FEW_WRONG if is_wrong else Look.FEW_RIGHT
            return Step(at, look, None, sums.count, limits, reference)
        if limits is None:
            return Step(at, Look.MISSING, value, sums.count)
        return Step(at, limits.look(value), value, sums.count, limits, reference)

    def _is_fresh(self, at: datetime) -> bool:
        if _is_of_hours_alone(self.rule):
            hour = hour_of(at)
            return self._has_seen(hour - 2 * HOUR, hour)
        return self._has_seen(at - FRESH, at)

    def _has_others(self, at: datetime) -> bool:
        window = timedelta(minutes=self.rule.window_minutes)
        return _is_of_hours_alone(self.rule) or self._has_seen(at - window, at)

    def _has_seen(self, start: datetime, end: datetime) -> bool:
        """Any label, or the whole, in [start, end)."""
        index = bisect_left(self._seen, start.timestamp())
        return index < len(self._seen) and self._seen[index] < end.timestamp()

    def _window(self, label: str, at: datetime) -> Sums | None:
        minutes, hours = self._minutes.get(label, NOTHING), self._hours.get(label, NOTHING)
        start = at - timedelta(minutes=self.rule.window_minutes)
        if not _reads_hours(self.rule):
            sums = minutes.sums(start, at)
            return sums and self._of_whole(sums, self._whole_minutes, start, at)
        turn = hour_of(at)
        start = hour_of(min(start, at - HOUR))
        parts = [
            self._of_whole(sums, whole, *span)
            for rows, whole, span in (
                (hours, self._whole_hours, (start, turn)),
                (minutes, self._whole_minutes, (turn, at)),
            )
            if (sums := rows.sums(*span)) is not None
        ]
        return sum(parts[1:], parts[0]) if parts else None

    def _of_whole(self, sums: Sums, whole: Stretch, start: datetime, end: datetime) -> Sums:
        """A label that was not there all the time counts as zero for the rest of what was seen."""
        seen = whole.sums(start, end) if self.rule.by else None
        return sums if seen is None else replace(sums, seconds=seen.seconds)

    def _limits(
        self, label: str, at: datetime, sums: Sums
    ) -> tuple[Limits | None, Reference | None]:
        rule = self.rule
        is_above = rule.condition == AlertRule.Condition.ABOVE
        if rule.thresholds == AlertRule.Thresholds.ABSOLUTE:
            return Limits(is_above, rule.warning, rule.critical), None
        # The window's middle: at nine o'clock sharp it is the hour before that is judged.
        middle = timezone.localtime(
            at - timedelta(minutes=rule.window_minutes) / 2, timezone.get_default_timezone()
        )
        reference = self._reference(label, middle)
        if reference is None:
            return None, None
        error = 0.0
        if self.measure.unit is Unit.SHARE:
            error = reference.share_error(sums.count)
        elif self.measure.unit is Unit.PER_SECOND:
            error = reference.rate_error(sums.seconds)
        limits = reference.limits(
            is_above=is_above, warning=rule.warning, critical=rule.critical, error=error
        )
        return limits, reference

    def _reference(self, label: str, at: datetime) -> Reference | None:
        """The same for all of an hour."""
        key = (label, at.date(), at.hour)
        if key not in self._references:
            day = key[:2]
            if day not in self._pasts:
                hours = self._teaching(label)
                self._pasts[day] = Past.before(at.date(), hours, self.rule.reference_days)
            least = LEAST_DEVIATION[self.measure.unit]
            self._references[key] = self._pasts[day].reference(at, least)
        return self._references[key]

    def _teaching(self, label: str) -> list[tuple[datetime, float]]:
        """The values of hours, by the site's clock."""
        if label not in self._taught:
            found: list[tuple[datetime, float]] = []
            self._taught[label] = found
            rows = self._hours.get(label, NOTHING)
            if not len(rows.starts):
                return found
            zone = timezone.get_default_timezone()
            for start, sums in rows.all():
                at = datetime.fromtimestamp(start, zone)
                seen = self._of_whole(sums, self._whole_hours, at, at + HOUR)
                value = self.measure.value(seen)
                is_enough = seen.count >= self.rule.minimum_samples
                if value is not None and is_enough and seen.seconds >= LEAST_SECONDS_OF_HOUR:
                    found.append((at, value))
        return self._taught[label]


def _reads_hours(rule: AlertRule) -> bool:
    return rule.window_minutes > LONGEST_OF_MINUTES or _is_of_hours_alone(rule)


def _is_of_hours_alone(rule: AlertRule) -> bool:
    """What is split by category is not kept by the minute."""
    series = SERIES[MEASURES[rule.measure].series]
    return rule.by != By.ALL and rule.by not in series.by_minute
