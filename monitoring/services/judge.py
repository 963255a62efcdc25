"""What a rule says at each moment: the value in its window, the thresholds, right or wrong.

All moments are looked at together, in arrays: a preview has some hundred thousand of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.learning import Reference
from monitoring.detectors.quantiles import Sums
from monitoring.detectors.stretch import NOTHING, Stretch, Windows
from monitoring.detectors.threshold import CODES, LOOKS, Codes, Limits, Look, codes_of
from monitoring.measures import MEASURES, Measure
from monitoring.models import AlertRule, MetricSnapshot
from monitoring.services.clock import HOUR, MINUTE, hour_of
from monitoring.services.rules import POINTS, is_of_hours_alone, reads_hours
from monitoring.services.series import Point
from monitoring.services.stretches import Stretches
from monitoring.services.thresholds import Floats, Thresholds, limits_of, of_whole

Resolution = MetricSnapshot.Resolution
# A series of which no minute was seen for so long is missing.
FRESH = timedelta(minutes=3)


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


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The steps of one label, in arrays (m,). `values` are NaN where there is none."""

    moments: Sequence[datetime]
    codes: Codes
    values: Floats
    samples: NDArray[np.int64]
    thresholds: Thresholds
    is_above: bool

    def step(self, place: int) -> Step:
        warning = number(self.thresholds.warnings[place])
        critical = number(self.thresholds.criticals[place])
        references = self.thresholds.references
        is_limited = warning is not None or critical is not None
        return Step(
            self.moments[place],
            LOOKS[self.codes[place]],
            number(self.values[place]),
            int(self.samples[place]),
            Limits(self.is_above, warning, critical) if is_limited else None,
            references[place] if is_limited and references else None,
        )

    def steps(self, places: Iterable[int] | None = None) -> list[Step]:
        """All, or those at `places`."""
        return [
            self.step(place) for place in (range(len(self.codes)) if places is None else places)
        ]


def number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


@dataclass(frozen=True, slots=True, eq=False)
class _Span:
    """A part of each window: of minutes or hours, from `starts` to `ends` in POSIX seconds, with
    what was seen of the whole."""

    rows: dict[str, Stretch]
    starts: Floats
    ends: Floats
    whole: Windows | None

    def windows(self, label: str) -> Windows:
        own = self.rows.get(label, NOTHING).windows(self.starts, self.ends)
        return own if self.whole is None else own.of_whole(self.whole)


class Judge:
    """Of one rule at moments in their order, by what was read for its needs. Of rules that have no
    problem alone."""

    def __init__(self, rule: AlertRule, read: Stretches, moments: Sequence[datetime]) -> None:
        self.rule, self.moments = rule, moments
        self.measure: Measure = MEASURES[rule.measure]
        split = (self.measure.series, rule.by, rule.label)
        is_hourly = is_of_hours_alone(rule)
        kinds = [Resolution.HOUR] if is_hourly else list(Resolution)[:2]
        self.is_crowded = any(read.is_crowded(*split, kind) for kind in kinds)
        self._minutes = read.labels(*split, Resolution.MINUTE)
        self._hours = read.labels(*split, Resolution.HOUR)
        self._whole_minutes = read.whole(self.measure.series, Resolution.MINUTE)
        self._whole_hours = read.whole(self.measure.series, Resolution.HOUR)
        self._ends = np.array([at.timestamp() for at in moments], np.float64)
        hours = np.array(
            [hour_of(at).timestamp() for at in moments] if reads_hours(rule) else [], np.float64
        )
        self._spans = self._parts(hours)
        base = self._hours if is_hourly else self._minutes
        whole = self._whole_hours if is_hourly else self._whole_minutes
        self._seen = np.unique(np.concatenate([each.starts for each in (*base.values(), whole)]))
        window = 60.0 * rule.window_minutes
        if is_hourly:
            self._is_fresh = self._has_seen(hours - 2 * HOUR.total_seconds(), hours)
            self._has_others = np.ones(len(moments), np.bool_)
        else:
            self._is_fresh = self._has_seen(self._ends - FRESH.total_seconds(), self._ends)
            self._has_others = self._has_seen(self._ends - window, self._ends)
        self._limits = limits_of(rule, self.measure, moments, self._hours, self._whole_hours)

    def labels(self) -> set[str]:
        """Those that were seen at all, or the one that the rule is of."""
        if self.rule.label or not self.rule.by:
            return {self.rule.label}
        base = self._hours if is_of_hours_alone(self.rule) else self._minutes
        return set(base) | (set(self._hours) if reads_hours(self.rule) else set())

    def track(self, label: str) -> Track:
        rule = self.rule
        windows = reduce(Windows.__add__, (span.windows(label) for span in self._spans))
        values, counts = self.measure.values(windows), windows.counts
        thresholds = self._limits.thresholds(label, windows)
        is_above = rule.condition == AlertRule.Condition.ABOVE
        sided = codes_of(values, thresholds.warnings, thresholds.criticals, is_above=is_above)
        is_nothing, is_unlimited = np.isnan(values), ~thresholds.are_there
        is_few = is_nothing | (counts < rule.minimum_samples)
        # A label that is gone while others are seen is wrong no more.
        is_gone = self._has_others if rule.by and not rule.label else np.zeros_like(is_few)
        # The first that is so.
        codes = np.select(
            [
                ~self._is_fresh,
                ~windows.has_rows & is_gone,
                ~windows.has_rows,
                is_few & (is_nothing | is_unlimited),
                is_few & (sided == CODES[Look.RIGHT]),
                is_few,
                is_unlimited,
            ],
            [
                CODES[look]
                for look in (
                    Look.MISSING, Look.RIGHT, Look.MISSING,
                    Look.FEW, Look.FEW_RIGHT, Look.FEW_WRONG, Look.MISSING,
                )
            ],
            sided,
        ).astype(np.int8)  # fmt: skip
        is_blank = ~self._is_fresh | ~windows.has_rows
        return Track(
            self.moments,
            codes,
            np.where(is_blank | is_few, np.nan, values),
            np.where(is_blank, 0, counts),
            Thresholds(
                np.where(is_blank, np.nan, thresholds.warnings),
                np.where(is_blank, np.nan, thresholds.criticals),
                thresholds.references,
            ),
            is_above,
        )

    def points(self, label: str, end: datetime) -> list[Point]:
        """The last minutes before `end`, or hours where the window is long; POINTS at most."""
        hours = reads_hours(self.rule)
        length = HOUR if hours else MINUTE
        rows = (self._hours if hours else self._minutes).get(label, NOTHING)
        whole = self._whole_hours if hours else self._whole_minutes
        found = []
        for start, sums in rows.each(end - POINTS * length, end):
            at = datetime.fromtimestamp(start, tz=end.tzinfo)
            seen = self._of_whole(sums, whole, at, at + length)
            found.append(Point(at, self.measure.value(seen), seen.count))
        return found

    def _parts(self, hours: Floats) -> list[_Span]:
        """Of each window; a long one is hours, and the minutes of that which is not over."""
        window = 60.0 * self.rule.window_minutes
        minutes, ends = (self._minutes, self._whole_minutes), self._ends
        if not reads_hours(self.rule):
            return [self._span(*minutes, ends - window, ends)]
        longest = timedelta(seconds=max(window, HOUR.total_seconds()))
        starts = np.array([hour_of(at - longest).timestamp() for at in self.moments], np.float64)
        return [
            self._span(self._hours, self._whole_hours, starts, hours),
            self._span(*minutes, hours, ends),
        ]

    def _span(
        self, rows: dict[str, Stretch], whole: Stretch, starts: Floats, ends: Floats
    ) -> _Span:
        return _Span(rows, starts, ends, whole.windows(starts, ends) if self.rule.by else None)

    def _has_seen(self, starts: Floats, ends: Floats) -> NDArray[np.bool_]:
        """Any label, or the whole, in [start, end) of each."""
        found: NDArray[np.bool_] = np.searchsorted(self._seen, starts) < np.searchsorted(
            self._seen, ends
        )
        return found

    def _of_whole(self, sums: Sums, whole: Stretch, start: datetime, end: datetime) -> Sums:
        return of_whole(sums, whole, start, end) if self.rule.by else sums
