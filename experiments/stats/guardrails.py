"""Whether a variant harms what must not be harmed, by intervals that hold at every minute."""

from experiments.stats.types import (
    CannotSay,
    Direction,
    Estimate,
    GuardrailKind,
    GuardrailState,
    MetricUnit,
)
from experiments.stats.wording import percent_text, size_text


def judge(
    estimate: Estimate,
    direction: Direction,
    margin: float,
    *,
    is_relative: bool,
    minimum_units: int,
    unit: MetricUnit = MetricUnit.NUMBER,
) -> GuardrailState:
    """Breached when the whole interval lies past the margin on the harmful side.

    `direction` is which way is better; `margin` (at least 0) is the harm that is borne, a share of
    the control's value where `is_relative`. The estimate is by confidence sequences
    (`Method.SEQUENTIAL`, `Sides.EITHER`): of all looks together 1 in 20 raises a false alarm at
    most. Where the control's value is zero any harm is past a relative margin. Each arm needs
    `minimum_units`. Raises ValueError for a negative margin.
    """
    if margin < 0:
        raise ValueError(f"margin is {margin}; it is at least 0.")
    if min(estimate.control_units, estimate.variant_units) < minimum_units:
        return _cannot(CannotSay.TOO_FEW_UNITS)
    if estimate.reason is not None:
        return _cannot(estimate.reason)
    low, high, effect = estimate.low, estimate.high, estimate.effect
    is_percent = is_relative and estimate.relative_reason is None
    if is_percent:
        low, high = estimate.relative_low, estimate.relative_high
        effect = estimate.relative_effect
    elif is_relative:
        if estimate.relative_reason is not CannotSay.CONTROL_IS_ZERO:
            return _cannot(estimate.relative_reason or CannotSay.NO_DATA)
        margin = 0.0
    if low is None or high is None or effect is None:
        return _cannot(CannotSay.NO_DATA)
    if direction is Direction.INCREASE:
        low, effect = -high, -effect
    said = (
        f"{_size(effect, unit, is_percent=is_percent)} {'worse' if effect > 0 else 'better'} than "
        f"the control"
    )
    borne = f"{_size(margin, unit, is_percent=is_percent)} worse is borne"
    if low <= margin:
        return GuardrailState(GuardrailKind.OK, f"It is {said}; {borne}.")
    least = f"by at least {_size(low, unit, is_percent=is_percent)}"
    return GuardrailState(GuardrailKind.BREACHED, f"It is {said}, {least}; {borne}.")


def _cannot(reason: CannotSay) -> GuardrailState:
    return GuardrailState(GuardrailKind.CANNOT_SAY, reason.sentence, reason)


def _size(effect: float, unit: MetricUnit, *, is_percent: bool) -> str:
    return percent_text(abs(effect)) if is_percent else size_text(effect, unit)
