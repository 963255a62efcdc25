"""How far two arms are apart, with the standard error of it: the part that every test shares.

An arm's value is a ratio of sums over its units, r = Σy / Σd (a plain mean where each d is 1). Its
error comes from the units' own deviations, (y_i - r d_i) / mean(d): the delta method of Deng,
Knoblich, Lu, "Applying the delta method in metric analytics" (2018). Requests of one user
resemble each other; units do not, so that only units may be counted as independent.
"""

from dataclasses import dataclass
from math import inf, isfinite, sqrt

from experiments.stats.types import CannotSay, PreSums, UnitSums

# Of the squares that cancel in a variance: less than this is rounding, not variance.
ROUNDING = 1e-12
# Of whatever happens to be a success or a failure, expected in each arm.
MINIMUM_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm's value, its sampling variance, and the same of its history (zeros without one).

    `pre_covariance` is that of the value and the history's.
    """

    units: int
    value: float
    variance: float
    pre_value: float = 0.0
    pre_variance: float = 0.0
    pre_covariance: float = 0.0


@dataclass(frozen=True, slots=True)
class Contrast:
    """Variant minus control, with standard errors, absolute and as a share of |control|.

    `information` counts what was measured: units of both arms, or pairs. `degrees` are those of
    Student's t, infinite where the normal distribution holds. `theta` is how much of the
    difference in history was subtracted. The relative two are None where the control's value is
    zero.
    """

    information: int
    control_value: float
    variant_value: float
    effect: float
    error: float
    degrees: float
    relative_effect: float | None
    relative_error: float | None
    theta: float = 0.0


def arm_of(sums: UnitSums) -> Arm | CannotSay:
    """By the delta method over units, with what is known of their history."""
    if sums.units < 2:
        return CannotSay.TOO_FEW_UNITS if sums.units else CannotSay.NO_DATA
    n, scale = sums.units, sums.denominator / sums.units
    if scale == 0:
        return CannotSay.NO_DENOMINATOR
    ratio = sums.numerator / sums.denominator
    squares = _squares(sums.numerator_sq, sums.cross, sums.denominator_sq, ratio)
    arm = Arm(n, ratio, squares / scale / scale / (n - 1) / n)
    if sums.pre is not None:
        arm = _with_history(arm, sums, sums.pre, scale)
    return arm if _are_finite(arm.value, arm.variance, arm.pre_covariance) else _OUT


def proportion_of(sums: UnitSums) -> Arm | CannotSay:
    """Of units that are each 0 or 1: p(1 - p) / n."""
    if not sums.units:
        return CannotSay.NO_DATA
    share = min(1.0, max(0.0, sums.numerator / sums.units))
    return Arm(sums.units, share, share * (1 - share) / sums.units)


def has_events(control: UnitSums, variant: UnitSums) -> bool:
    """Whether each arm would have 5 successes and 5 failures if the two were alike."""
    units = control.units + variant.units
    share = (control.numerator + variant.numerator) / units
    fewest = min(control.units, variant.units) * min(share, 1 - share)
    return fewest >= MINIMUM_EVENTS


def between(control: Arm, variant: Arm, *, is_normal: bool = False) -> Contrast | CannotSay:
    """Of two independent arms; degrees of freedom by Welch and Satterthwaite.

    History is subtracted with one theta for both arms, that which leaves the least variance:
    Deng, Xu, Kohavi, Walker, "Improving the sensitivity of online controlled experiments by
    utilizing pre-experiment data" (2013). The relative error takes in that the control's
    value, which is divided by, is itself uncertain.
    """
    theta = _theta(control, variant)
    effect = variant.value - control.value - theta * (variant.pre_value - control.pre_value)
    parts = [_variance(control, 1.0, theta), _variance(variant, 1.0, theta)]
    if sum(parts) <= 0:
        return CannotSay.NO_VARIANCE
    degrees = inf if is_normal else _degrees(parts, (control.units, variant.units))
    relative_effect = relative_error = None
    if control.value:
        share = effect / control.value
        variance = _variance(control, 1 + share, theta) + _variance(variant, 1.0, theta)
        relative_effect = effect / abs(control.value)
        relative_error = sqrt(variance) / abs(control.value)
        if not (_are_finite(relative_effect, relative_error) and relative_error > 0):
            relative_effect = relative_error = None
    if not (_are_finite(effect, *parts) and degrees > 0):
        return _OUT
    return Contrast(
        control.units + variant.units,
        control.value,
        variant.value,
        effect,
        sqrt(sum(parts)),
        degrees,
        relative_effect,
        relative_error,
        theta,
    )


_OUT = CannotSay.OUT_OF_RANGE


def _squares(yy: float, yd: float, dd: float, ratio: float) -> float:
    """The sum of (y_i - ratio d_i)²."""
    found = yy - 2 * ratio * yd + ratio * ratio * dd
    return _without_rounding(found, abs(yy) + ratio * ratio * abs(dd))


def _with_history(arm: Arm, sums: UnitSums, pre: PreSums, scale: float) -> Arm:
    """The history is a ratio as the metric is one, or the mean over units as it is one."""
    if sums.is_one_value_a_unit:
        pre = PreSums(
            pre.x, arm.units, pre.xx, arm.units, pre.x, pre.yx, sums.numerator, pre.x, arm.units
        )
    pre_scale = pre.z / arm.units
    if pre_scale == 0:
        return arm
    ratio, pre_ratio = arm.value, pre.x / pre.z
    squares = _squares(pre.xx, pre.xz, pre.zz, pre_ratio)
    products = pre.yx - pre_ratio * pre.yz - ratio * pre.dx + ratio * pre_ratio * pre.dz
    each = (arm.units - 1) * arm.units
    return Arm(
        arm.units,
        arm.value,
        arm.variance,
        pre_ratio,
        squares / pre_scale / pre_scale / each,
        products / scale / pre_scale / each,
    )


def _theta(control: Arm, variant: Arm) -> float:
    variance = control.pre_variance + variant.pre_variance
    theta = (control.pre_covariance + variant.pre_covariance) / variance if variance > 0 else 0.0
    return theta if isfinite(theta) else 0.0


def _variance(arm: Arm, share: float, theta: float) -> float:
    """Of share * value - theta * history."""
    found = (
        share * share * arm.variance
        - 2 * share * theta * arm.pre_covariance
        + theta * theta * arm.pre_variance
    )
    return _without_rounding(found, share * share * arm.variance)


def _without_rounding(found: float, terms: float) -> float:
    """Zero where what is left of terms of this size may be rounding; never negative."""
    return 0.0 if isfinite(found) and found <= ROUNDING * terms else found


def _degrees(variances: list[float], units: tuple[int, int]) -> float:
    """Welch (1947): of variances of means. Shares of the sum, so that nothing underflows."""
    total = sum(variances)
    parts = zip(variances, units, strict=True)
    return 1 / sum((variance / total) ** 2 / (n - 1) for variance, n in parts)


def _are_finite(*numbers: float) -> bool:
    return all(map(isfinite, numbers))
