"""A quantile (p95 of latency) of values that come in clusters, a unit's values being one.

Deng, Knoblich, Lu, "Applying the delta method in metric analytics" (2018), on quantile metrics: the
share of values at or below the quantile is a ratio over units, whose error is known; brought back
to ranks it gives the values between which the quantile lies.
"""

from math import ceil, floor, sqrt

from experiments.stats.analysis import estimate_of
from experiments.stats.contrast import Arm, Contrast, arm_of, between
from experiments.stats.normal import deviate
from experiments.stats.types import AnalysisSpec, CannotSay, Estimate, QuantileStat, UnitSums

# The ranks are those of a 95% interval, from whose width the standard error is read.
RANK_DEVIATE = deviate(0.025)


def quantile_rank(values: int, share: float) -> int:
    """The rank (from 1) of the value that is the quantile `share` of so many values.

    Raises ValueError unless there are values and 0 < share < 1.
    """
    if values < 1 or not 0 < share < 1:
        raise ValueError(f"The quantile {share} of {values} values.")
    return min(values, max(1, ceil(share * values)))


def quantile_ranks(sums: UnitSums, share: float) -> tuple[int, int] | CannotSay:
    """The ranks (from 1, rising by value) of the two ends of the quantile's 95% interval.

    A unit's numerator is how many of its values are at or below the quantile, its denominator how
    many values it has. Raises ValueError unless 0 < share < 1.
    """
    if not 0 < share < 1:
        raise ValueError(f"The quantile {share}; it lies between 0 and 1.")
    arm = arm_of(sums)
    if isinstance(arm, CannotSay):
        return arm
    values = round(sums.denominator)
    half = RANK_DEVIATE * sqrt(arm.variance)
    low, high = floor(values * (share - half)), ceil(values * (share + half)) + 1
    return (low, high) if low >= 1 and high <= values else CannotSay.TOO_FEW_VALUES


def analyse_quantile(control: QuantileStat, variant: QuantileStat, spec: AnalysisSpec) -> Estimate:
    """The difference of two arms' quantiles, by the errors that their intervals' widths give."""
    contrast: Contrast | CannotSay = CannotSay.TOO_FEW_UNITS
    if min(control.units, variant.units) >= spec.minimum_units:
        contrast = between(_arm(control), _arm(variant))
    blank = Estimate(
        "quantile, delta method",
        control.units,
        variant.units,
        control_value=control.value,
        variant_value=variant.value,
    )
    return estimate_of(contrast, blank, spec)


def _arm(quantile: QuantileStat) -> Arm:
    error = (quantile.high - quantile.low) / (2 * RANK_DEVIATE)
    return Arm(quantile.units, quantile.value, error * error)
