"""A metric of one variant held against the control: the one door to every test."""

from dataclasses import replace
from math import isfinite

from experiments.stats.contrast import Contrast, arm_of, between, has_events, proportion_of
from experiments.stats.hypothesis import Interval, chance_to_win, holm, interval_of
from experiments.stats.types import AnalysisSpec, CannotSay, Estimate, Method, UnitSums


def analyse_metric(control: UnitSums, variant: UnitSums, spec: AnalysisSpec) -> Estimate:
    """By the test that fits: two-proportion z where each unit is 0 or 1 (`is_proportion`), Welch's
    t where each unit has one value, else the delta method over units; each with CUPED where both
    arms have a history (which makes of a proportion a mean).

    Never raises for what was measured: the estimate then says why it has no effect.
    """
    is_cuped = control.pre is not None and variant.pre is not None
    if not is_cuped:
        control, variant = replace(control, pre=None), replace(variant, pre=None)
    is_mean = control.is_one_value_a_unit and variant.is_one_value_a_unit
    is_share = is_mean and spec.is_proportion
    name = "two-proportion z" if is_share else "Welch t" if is_mean else "delta method"
    if is_cuped:
        name = f"{'Welch t' if is_mean else name}, CUPED"
    blank = Estimate(
        name,
        control.units,
        variant.units,
        control_value=control.mean,
        variant_value=variant.mean,
    )
    return estimate_of(_contrast(control, variant, spec, is_share=is_share), blank, spec)


def _contrast(
    control: UnitSums, variant: UnitSums, spec: AnalysisSpec, *, is_share: bool
) -> Contrast | CannotSay:
    fewest = min(control.units, variant.units)
    if not fewest:
        return CannotSay.NO_DATA
    if fewest < spec.minimum_units:
        return CannotSay.TOO_FEW_UNITS
    if is_share and not has_events(control, variant):
        return CannotSay.TOO_FEW_EVENTS
    is_normal = is_share and control.pre is None
    one, other = map(proportion_of if is_normal else arm_of, (control, variant))
    if isinstance(one, CannotSay):
        return one
    return other if isinstance(other, CannotSay) else between(one, other, is_normal=is_normal)


def estimate_of(contrast: Contrast | CannotSay, blank: Estimate, spec: AnalysisSpec) -> Estimate:
    """`blank` (the test's name, units and values) with the contrast's interval, p-value and chance
    to win, or with the reason why there are none."""
    method = f"{blank.method}, {_looks(spec)}"
    blank = replace(blank, method=method, level=1 - spec.interval_alpha)
    if isinstance(contrast, CannotSay):
        return replace(blank, reason=contrast, relative_reason=contrast)
    found = _interval(contrast.effect, contrast.error, contrast, spec)
    if found is None:
        reason = CannotSay.OUT_OF_RANGE
        return replace(blank, reason=reason, relative_reason=reason)
    estimate = replace(
        blank,
        control_value=contrast.control_value,
        variant_value=contrast.variant_value,
        effect=contrast.effect,
        low=found.low,
        high=found.high,
        standard_error=contrast.error,
        information=contrast.information,
        p_value=found.p_value,
        chance_to_win=chance_to_win(contrast, spec.direction),
    )
    relative = _interval(contrast.relative_effect, contrast.relative_error, contrast, spec)
    if relative is None:
        is_zero = contrast.control_value == 0
        reason = CannotSay.CONTROL_IS_ZERO if is_zero else CannotSay.OUT_OF_RANGE
        return replace(estimate, relative_reason=reason)
    return replace(
        estimate,
        relative_effect=contrast.relative_effect,
        relative_low=relative.low,
        relative_high=relative.high,
    )


def _interval(
    effect: float | None, error: float | None, contrast: Contrast, spec: AnalysisSpec
) -> Interval | None:
    """None where there is no effect to tell, or its ends are no finite numbers."""
    if effect is None or error is None:
        return None
    found = interval_of(effect, error, contrast.degrees, contrast.information, spec)
    return found if isfinite(found.low) and isfinite(found.high) else None


def adjust(estimates: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
    """The same with p-values after Holm over all of them; what has no p-value is left out of it."""
    p_values = holm([estimate.p_value for estimate in estimates])
    return tuple(
        replace(estimate, adjusted_p_value=p_value)
        for estimate, p_value in zip(estimates, p_values, strict=True)
    )


def _looks(spec: AnalysisSpec) -> str:
    if spec.method is Method.SEQUENTIAL:
        return "confidence sequence"
    if spec.method is Method.FIXED:
        return "one look"
    return f"look {len(spec.information)} of {spec.looks}"
