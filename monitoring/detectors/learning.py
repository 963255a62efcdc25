"""Thresholds that are learned from the past: mean ± k · sd of the same hour of the week."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import fmean, median, stdev

from monitoring.detectors.threshold import Limits

# A threshold is learned from so many hours at least: of the same hour of the week, else of all.
LEAST_OF_HOUR = 3
LEAST_OF_ALL = 24
# The deviation counts as this share of the mean at least: a series that never changed says
# nothing of how much it may.
LEAST_DEVIATION = 0.05
# No lower limit lies below this share of the mean: where hours vary much, nothing at all would else
# be right.
FLOOR = 0.05
# It may be right all the same: where more than a hundredth of the values were under a tenth of
# their hour's mean, of hours at least half as busy as the one that is judged;
NEARLY_SILENT = 0.1
SELDOM = 0.01
AS_BUSY = 0.5
# and where the standard error is a greater share of the mean. Of ten that are expected, none come
# by chance once in 20,000 windows.
MOST_ERROR = 0.1**0.5


@dataclass(frozen=True, slots=True)
class Reference:
    """What thresholds are learned from: `count` hours, of the same hour of the week or of all.
    `reason` says why of all. No limit lies below `floor`."""

    mean: float
    deviation: float
    count: int
    reason: str = ""
    floor: float = 0.0

    def limits(
        self, *, is_above: bool, warning: float | None, critical: float | None, error: float = 0.0
    ) -> Limits:
        """So many deviations above the mean, or below it. `error` is the standard error of the
        value that is judged: what is counted in a quieter window varies more. Measures are never
        below zero, and nor are limits."""
        sign, deviation = 1 if is_above else -1, math.hypot(self.deviation, error)
        floor = self.floor if error <= MOST_ERROR * self.mean else 0.0

        def limit(deviations: float | None) -> float | None:
            if deviations is None:
                return None
            return max(floor, self.mean + sign * deviations * deviation)

        return Limits(is_above, limit(warning), limit(critical))

    def share_error(self, count: int) -> float:
        """Of a share of `count`, were the mean true."""
        share = min(1.0, max(0.0, self.mean))
        return math.sqrt(share * (1 - share) / count) if count else 0.0

    def rate_error(self, seconds: float) -> float:
        """Of a count by time, were the mean true and each event by itself (Poisson)."""
        return math.sqrt(max(0.0, self.mean) / seconds) if seconds else 0.0


@dataclass(frozen=True, slots=True)
class Hour:
    """Of the week, where enough is known of it. `silent` of its `count` values were nearly nothing
    beside its mean."""

    mean: float
    deviation: float
    count: int
    silent: int

    @classmethod
    def of(cls, values: list[float]) -> "Hour":
        mean = fmean(values)
        silent = sum(value < NEARLY_SILENT * mean for value in values)
        return cls(mean, stdev(values), len(values), silent)


@dataclass(frozen=True, slots=True)
class Past:
    """What the values of hours before a day teach, by the hour of the week. `variation` is the
    usual one: the median over the hours of the week of deviation by mean. Four values that happen
    to lie close together would else alarm at the fifth."""

    by_hour: dict[tuple[int, int], list[float]]
    known: tuple[Hour, ...]
    variation: float

    @classmethod
    def before(cls, day: date, hours: Iterable[tuple[datetime, float]], days: int) -> "Past":
        """Of hours by when they begin, within `days` before `day`: the day itself would teach what
        is wrong now.

        Moments are those of the site's clock: an hour of the week is one of its working day.
        """
        first = day - timedelta(days=days)
        by_hour: dict[tuple[int, int], list[float]] = defaultdict(list)
        for moment, value in hours:
            if first <= moment.date() < day:
                by_hour[_hour_of_week(moment)].append(value)
        known = tuple(
            Hour.of(values) for values in by_hour.values() if len(values) >= LEAST_OF_HOUR
        )
        variations = [hour.deviation / abs(hour.mean) for hour in known if hour.mean]
        return cls(dict(by_hour), known, median(variations) if variations else 0.0)

    def reference(self, at: datetime, least: float) -> Reference | None:
        """None where there are too few values. `least` is the least deviation, in the measure's
        unit."""
        values, reason = self.by_hour.get(_hour_of_week(at), []), ""
        if len(values) < LEAST_OF_HOUR:
            reason = (
                f"{len(values)} of {LEAST_OF_HOUR} values of this hour of the week: of all hours"
            )
            values = [value for each in self.by_hour.values() for value in each]
            if len(values) < LEAST_OF_ALL:
                return None
        mean = fmean(values)
        relative = max(self.variation, LEAST_DEVIATION)
        deviation = max(stdev(values), relative * abs(mean), least)
        # Of all hours the mean says little of how quiet this one may be.
        floor = 0.0 if reason or self._is_silent_at_times(mean) else FLOOR * mean
        return Reference(mean, deviation, len(values), reason, floor)

    def _is_silent_at_times(self, mean: float) -> bool:
        """By all hours of the week that are about as busy as one of such a mean, or busier."""
        alike = [hour for hour in self.known if hour.mean >= AS_BUSY * mean]
        return sum(hour.silent for hour in alike) > SELDOM * sum(hour.count for hour in alike)


def _hour_of_week(moment: datetime) -> tuple[int, int]:
    return moment.weekday(), moment.hour
