"""The thresholds of a rule at each moment: given, or learned from the hours of its past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from monitoring.detectors.learning import Past, Reference
from monitoring.detectors.quantiles import Sums
from monitoring.detectors.stretch import NOTHING, Stretch, Windows
from monitoring.measures import Measure, Unit
from monitoring.models import AlertRule
from monitoring.services.clock import HOUR

Floats = NDArray[np.float64]
# An hour of which less was seen teaches nothing.
LEAST_SECONDS_OF_HOUR = 1800
# What a learned deviation counts as at least, so that noise of a still series does not alarm.
LEAST_DEVIATION = {
    Unit.SHARE: 0.005,
    Unit.SECONDS: 0.005,
    Unit.PER_SECOND: 0.005,
    Unit.BYTES: 16 * 2**20,
    Unit.CORES: 0.25,
    Unit.NUMBER: 0.5,
}


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """At each moment, (m,), in the measure's unit: NaN where there is none. `references` are what
    they are learned from; empty where they are not learned."""

    warnings: Floats
    criticals: Floats
    references: Sequence[Reference | None]

    @property
    def are_there(self) -> NDArray[np.bool_]:
        return ~(np.isnan(self.warnings) & np.isnan(self.criticals))


def of_whole(sums: Sums, whole: Stretch, start: datetime, end: datetime) -> Sums:
    """A label that was not there all the time counts as zero for the rest of what was seen."""
    seen = whole.sums(start, end)
    return sums if seen is None else replace(sums, seconds=seen.seconds)


def limits_of(
    rule: AlertRule,
    measure: Measure,
    moments: Sequence[datetime],
    hours: Mapping[str, Stretch],
    whole: Stretch,
) -> "Given | Learned":
    """`hours` are what it learns from, by label, and `whole` is what was seen of all."""
    if rule.thresholds == AlertRule.Thresholds.ABSOLUTE:
        return Given(rule, len(moments))
    return Learned(rule, measure, moments, hours, whole)


class Given:
    """The same at all moments."""

    def __init__(self, rule: AlertRule, size: int) -> None:
        warning, critical = (
            np.full(size, np.nan if limit is None else limit)
            for limit in (rule.warning, rule.critical)
        )
        self._thresholds = Thresholds(warning, critical, ())

    def thresholds(self, label: str, windows: Windows) -> Thresholds:
        return self._thresholds


class Learned:
    """Another for each hour of the week, day and label."""

    def __init__(
        self,
        rule: AlertRule,
        measure: Measure,
        moments: Sequence[datetime],
        hours: Mapping[str, Stretch],
        whole: Stretch,
    ) -> None:
        self._rule, self._measure, self._hours, self._whole = rule, measure, hours, whole
        half, zone = timedelta(minutes=rule.window_minutes) / 2, timezone.get_default_timezone()
        # The windows' middles: at nine o'clock sharp it is the hour before that is judged.
        self._middles = [timezone.localtime(at - half, zone) for at in moments]
        self._taught: dict[str, list[tuple[datetime, float]]] = {}
        self._pasts: dict[tuple[str, date], Past] = {}
        self._references: dict[tuple[str, date, int], Reference | None] = {}

    def thresholds(self, label: str, windows: Windows) -> Thresholds:
        size = len(self._middles)
        amounts = np.zeros(size)
        if self._measure.unit is Unit.SHARE:
            amounts = windows.counts.astype(np.float64)
        elif self._measure.unit is Unit.PER_SECOND:
            amounts = windows.seconds
        references = [self._reference(label, middle) for middle in self._middles]
        known: dict[tuple[Reference, float], tuple[float, float]] = {}
        limits = np.full((2, size), np.nan)
        for place, found in enumerate(zip(references, amounts.tolist(), strict=True)):
            reference, amount = found
            if reference is None:
                continue
            if (reference, amount) not in known:
                known[reference, amount] = self._learned(reference, amount)
            limits[:, place] = known[reference, amount]
        return Thresholds(limits[0], limits[1], references)

    def _learned(self, reference: Reference, amount: float) -> tuple[float, float]:
        """Warning and critical; NaN where there is none. `amount` is what was counted, or the
        seconds that were seen."""
        error = 0.0
        if self._measure.unit is Unit.SHARE:
            error = reference.share_error(int(amount))
        elif self._measure.unit is Unit.PER_SECOND:
            error = reference.rate_error(amount)
        limits = reference.limits(
            is_above=self._rule.condition == AlertRule.Condition.ABOVE,
            warning=self._rule.warning,
            critical=self._rule.critical,
            error=error,
        )
        warning, critical = limits.warning, limits.critical
        return (
            np.nan if warning is None else warning,
            np.nan if critical is None else critical,
        )

    def _reference(self, label: str, at: datetime) -> Reference | None:
        """The same for all of an hour."""
        key = (label, at.date(), at.hour)
        if key not in self._references:
            day = key[:2]
            if day not in self._pasts:
                hours = self._teaching(label)
                self._pasts[day] = Past.before(at.date(), hours, self._rule.reference_days)
            least = LEAST_DEVIATION[self._measure.unit]
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
                seen = of_whole(sums, self._whole, at, at + HOUR) if self._rule.by else sums
                value = self._measure.value(seen)
                is_enough = seen.count >= self._rule.minimum_samples
                if value is not None and is_enough and seen.seconds >= LEAST_SECONDS_OF_HOUR:
                    found.append((at, value))
        return self._taught[label]
