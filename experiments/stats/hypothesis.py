"""From a contrast to an interval and a p-value, by the method that was chosen before the start.

Small samples: a statistic of Student's t is first brought to the normal deviate that is as
improbable, and a width in normal deviates is brought to t in the same way. With many units this
changes nothing; with few groups of blocks it keeps every method's level.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from scipy.special import stdtr, stdtrit

from experiments.stats.contrast import Contrast
from experiments.stats.group_sequential import boundary, repeated_p
from experiments.stats.normal import both_tails, deviate, upper_tail
from experiments.stats.sequential import always_valid_p, one_sided_multiple, sequence_multiple
from experiments.stats.types import AnalysisSpec, Direction, Method, Sides


@dataclass(frozen=True, slots=True)
class Interval:
    """An effect's interval, and the two-sided p-value of its being zero."""

    low: float
    high: float
    p_value: float


def interval_of(
    effect: float, error: float, degrees: float, units: int, spec: AnalysisSpec
) -> Interval:
    """Of an effect with its standard error (positive), by the spec's method.

    `units` counts the information so far. Welch's t, or z where `degrees` is infinite, under FIXED;
    a confidence sequence under SEQUENTIAL; a repeated confidence interval (Jennison, Turnbull,
    "Group sequential methods", 2000, ch. 9) under GROUP_SEQUENTIAL.
    """
    z = normal_of_t(effect / error, degrees)
    multiple, p_value = _normal_terms(z, units, spec)
    width = error * t_of_normal(multiple, degrees)
    return Interval(effect - width, effect + width, p_value)


def _normal_terms(z: float, units: int, spec: AnalysisSpec) -> tuple[float, float]:
    """Half an interval's width in normal deviates, and the p-value of z."""
    alpha, is_both = spec.interval_alpha, spec.sides is Sides.BOTH
    if spec.method is Method.FIXED:
        return deviate(alpha / 2 if is_both else alpha), both_tails(z)
    if spec.method is Method.SEQUENTIAL:
        multiple = sequence_multiple if is_both else one_sided_multiple
        planned = spec.planned_units
        return (
            multiple(alpha, units, planned),
            always_valid_p(z, alpha, units, planned),
        )
    level = alpha if is_both else min(2 * alpha, 0.999)
    return boundary(spec.information, spec.looks, level), repeated_p(
        z, spec.information, spec.looks
    )


def normal_of_t(t: float, degrees: float) -> float:
    """The normal deviate as improbable as t, signed."""
    if not isfinite(degrees):
        return t
    z = deviate(float(stdtr(degrees, -abs(t))))
    return z if t > 0 else -z


def t_of_normal(z: float, degrees: float) -> float:
    """The quantile of Student's t as improbable as the normal deviate z (at least 0)."""
    return -float(stdtrit(degrees, upper_tail(z))) if isfinite(degrees) else z


def t_test_p(t: float, degrees: float) -> float:
    """Two-sided p-value of Student's t; of the normal distribution where degrees is infinite."""
    return both_tails(normal_of_t(t, degrees))


def chance_to_win(contrast: Contrast, direction: Direction) -> float:
    """The probability that the variant is the better one, with a flat prior.

    Normal approximation on the relative effect (the absolute one where there is none), as in
    GrowthBook's gbstats.
    """
    effect, error = contrast.effect, contrast.error
    if contrast.relative_effect is not None and contrast.relative_error is not None:
        effect, error = contrast.relative_effect, contrast.relative_error
    z = effect / error
    return upper_tail(-z if direction is Direction.INCREASE else z)


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Adjusted for there being several, in the same order; None stays and is not counted.

    Holm, "A simple sequentially rejective multiple test procedure" (1979): of m in rising order
    the i-th (from 0) times m - i, never below the one before, never above 1.
    """
    present = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(present):
        highest = max(highest, min(1.0, (len(present) - rank) * p))
        adjusted[place] = highest
    return tuple(adjusted)


def wilson(count: int, total: int, alpha: float = 0.05) -> tuple[float, float]:
    """The score interval of a share `count / total`; (0, 1) of nothing. Wilson (1927)."""
    if not total:
        return 0.0, 1.0
    z, share = deviate(alpha / 2), count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2) / (1 + z * z / total)
    return max(0.0, middle - half), min(1.0, middle + half)
