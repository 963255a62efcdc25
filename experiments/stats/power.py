"""How many units it takes. No scipy: the form of a new experiment asks it.

For a normal test an effect is found with probability `power` where it is (m + z) standard errors,
m being the half-width of the interval in standard errors and z the deviate of 1 - power (Lachin,
"Introduction to sample size determination and power analysis for clinical trials", 1981). A
confidence sequence has a larger m than a fixed test; it may end earlier, so that its power at the
end is at least what was asked.
"""

from dataclasses import dataclass
from math import ceil, isfinite, sqrt

from experiments.stats.contrast import arm_of
from experiments.stats.group_sequential import boundary
from experiments.stats.normal import deviate
from experiments.stats.sequential import one_sided_multiple, sequence_multiple
from experiments.stats.types import AnalysisSpec, CannotSay, Estimate, Method, Sides, UnitSums

POWER = 0.8
HALVES = (0.5, 0.5)
# Where more would be needed nobody waits for it.
MOST_UNITS = 10**12


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Units of the control, of the variant, and of all arms of the experiment."""

    control_units: int
    variant_units: int
    total_units: int


def units_needed(
    baseline: UnitSums,
    effect: float,
    spec: AnalysisSpec,
    *,
    is_relative: bool = True,
    power: float = POWER,
    shares: tuple[float, float] = HALVES,
) -> SampleSize | CannotSay:
    """To find an effect (a share of the baseline's value where `is_relative`) of this size.

    `baseline` is what units do without the experiment. Of the experiment's units the control and
    the variant get these `shares`. A SEQUENTIAL interval is taken as planned for just that many.
    Raises ValueError for an effect of zero, a power or shares out of range, and for a share
    (`is_proportion`) that the effect would bring below 0 or above 1.
    """
    _check(power, shares)
    if not effect or not isfinite(effect):
        raise ValueError(f"An effect of {effect} takes no test.")
    arm = arm_of(baseline)
    if isinstance(arm, CannotSay):
        return arm
    if is_relative and not arm.value:
        return CannotSay.CONTROL_IS_ZERO
    size = effect * abs(arm.value) if is_relative else effect
    variances = [arm.variance * arm.units] * 2
    if spec.is_proportion and baseline.is_one_value_a_unit:
        expected = arm.value + size
        if not 0 <= expected <= 1:
            raise ValueError(f"The effect would make a share of {expected:.3g}.")
        variances = [share * (1 - share) for share in (arm.value, expected)]
    if sum(variances) <= 0:
        return CannotSay.NO_VARIANCE
    errors = variances[0] / shares[0] + variances[1] / shares[1]
    root = sqrt(errors) * (_multiple(spec) + deviate(1 - power)) / size if size else 0.0
    total = root * root
    if not (isfinite(total) and 0 < total < MOST_UNITS):
        return CannotSay.OUT_OF_RANGE
    control, variant = (max(2, ceil(total * share)) for share in shares)
    return SampleSize(control, variant, max(control + variant, ceil(total)))


def detectable_effect(
    baseline: UnitSums,
    units: int,
    spec: AnalysisSpec,
    *,
    power: float = POWER,
    shares: tuple[float, float] = HALVES,
) -> float | CannotSay:
    """The smallest absolute effect that so many units of the experiment would find."""
    _check(power, shares)
    arm = arm_of(baseline)
    if isinstance(arm, CannotSay):
        return arm
    if units < 4:
        return CannotSay.TOO_FEW_UNITS
    errors = arm.variance * arm.units * (1 / shares[0] + 1 / shares[1]) / units
    found = (_multiple(spec) + deviate(1 - power)) * sqrt(errors)
    return found if found > 0 and isfinite(found) else CannotSay.NO_VARIANCE


def units_left(
    estimate: Estimate,
    effect: float,
    spec: AnalysisSpec,
    *,
    is_relative: bool = True,
    power: float = POWER,
) -> int | CannotSay:
    """How much information more the estimate needs to find an effect of this size; 0: it has it.

    By the variance that was measured, whatever the test. A SEQUENTIAL interval stays planned for
    the spec's units. Raises ValueError for an effect of zero or a power out of range.
    """
    _check(power, HALVES)
    if not effect or not isfinite(effect):
        raise ValueError(f"An effect of {effect} takes no test.")
    if estimate.reason is not None:
        return estimate.reason
    if is_relative and not estimate.control_value:
        return CannotSay.CONTROL_IS_ZERO
    size = abs(effect * (estimate.control_value or 0.0)) if is_relative else abs(effect)
    now, error = estimate.information, estimate.standard_error or 0.0

    def is_enough(units: int) -> bool:
        wanted = _multiple(spec, units) + deviate(1 - power)
        return size * sqrt(units) >= wanted * error * sqrt(now)

    low, high = 0, now
    while not is_enough(high):
        low, high = high, 2 * high
        if high > MOST_UNITS:
            return CannotSay.OUT_OF_RANGE
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return max(0, high - now)


def days_needed(units: int, units_a_day: float) -> int | None:
    """Whole days until so many units are seen, if each day brings as many new ones. None: never."""
    return ceil(units / units_a_day) if units_a_day > 0 else None


def _multiple(spec: AnalysisSpec, units: int | None = None) -> float:
    """Half the interval in standard errors at so many units; None: at those that are planned."""
    alpha, is_both = spec.interval_alpha, spec.sides is Sides.BOTH
    if spec.method is Method.SEQUENTIAL:
        multiple = sequence_multiple if is_both else one_sided_multiple
        planned = spec.planned_units
        return multiple(alpha, units or planned, planned)
    if spec.method is Method.FIXED:
        return deviate(alpha / 2 if is_both else alpha)
    looks = tuple((look + 1) / spec.looks for look in range(spec.looks))
    return boundary(looks, spec.looks, alpha if is_both else min(2 * alpha, 0.999))


def _check(power: float, shares: tuple[float, float]) -> None:
    if not 0 < power < 1:
        raise ValueError(f"power is {power}; it lies between 0 and 1.")
    if min(shares) <= 0 or sum(shares) > 1 + 1e-9:
        raise ValueError(f"shares are {shares}; each is above 0, together at most 1.")
