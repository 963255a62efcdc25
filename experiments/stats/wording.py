"""Numbers as people read them."""

from math import floor, log10

from experiments.stats.types import Estimate, MetricUnit


def value_text(value: float, unit: MetricUnit) -> str:
    """A metric's value: 91.4%, 12.5 ms, 3.14."""
    if unit is MetricUnit.SHARE:
        return f"{_rounded(100 * value)}%"
    return f"{_rounded(value)} ms" if unit is MetricUnit.MILLISECONDS else _rounded(value)


def size_text(effect: float, unit: MetricUnit) -> str:
    """How large a difference is, without its sign: 1.2 points, 0.8 ms, 0.05."""
    if unit is MetricUnit.SHARE:
        return _named(_rounded(abs(100 * effect)), " points")
    return value_text(abs(effect), unit)


def interval_text(low: float, high: float, unit: MetricUnit) -> str:
    """Two ends of a difference, signed: -0.2 to +1.4 points."""
    factor, name = _UNITS[unit]
    return f"{signed(factor * low)} to {signed(factor * high)}{name}"


def percent_text(share: float) -> str:
    return f"{_rounded(100 * share)}%"


def p_text(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {_rounded(p_value, 2)}"


def signed(number: float) -> str:
    text = _rounded(number)
    return text if text.startswith("-") or text == "0" else f"+{text}"


def effect_text(estimate: Estimate, unit: MetricUnit) -> str:
    """`from 88% to 90.1%: +2.1 points (interval +0.8 to +3.4 points), +2.4% (+0.9% to +3.9%)`.

    The estimate has an effect.
    """
    values = [estimate.control_value, estimate.variant_value, estimate.low, estimate.high]
    control, variant, low, high = (value or 0.0 for value in values)
    factor, name = _UNITS[unit]
    text = (
        f"from {value_text(control, unit)} to {value_text(variant, unit)}: "
        f"{_named(signed(factor * (estimate.effect or 0.0)), name)} "
        f"(interval {interval_text(low, high, unit)})"
    )
    if estimate.relative_effect is None:
        return text
    ends = (estimate.relative_low or 0.0, estimate.relative_high or 0.0)
    relative = f"{signed(100 * estimate.relative_effect)}%"
    return f"{text}, {relative} ({signed(100 * ends[0])}% to {signed(100 * ends[1])}%)"


_UNITS = {
    MetricUnit.SHARE: (100, " points"),
    MetricUnit.MILLISECONDS: (1, " ms"),
    MetricUnit.NUMBER: (1, ""),
}


def _named(number: str, name: str) -> str:
    is_one_point = number.lstrip("+-") == "1" and name == " points"
    return f"{number} point" if is_one_point else f"{number}{name}"


def _rounded(number: float, digits: int = 3) -> str:
    """To `digits` significant ones, whole numbers in full, with thousands marked."""
    if not number or abs(number) < 1e-9:
        return "0"
    decimals = digits - 1 - floor(log10(abs(number)))
    if decimals <= 0:
        return f"{number:,.0f}"
    text = f"{number:,.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
