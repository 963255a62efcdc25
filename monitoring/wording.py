"""Figures in words, as people read them."""

from monitoring.measures import Unit


def figure(value: float, unit: Unit) -> str:
    """With its unit, in three significant digits."""
    match unit:
        case Unit.SHARE:
            return f"{_digits(100 * value)}%"
        case Unit.SECONDS if abs(value) < 1:
            return f"{_digits(1000 * value)} ms"
        case Unit.SECONDS:
            return f"{_digits(value)} s"
        case Unit.PER_SECOND:
            return f"{_digits(value)}/s"
        case Unit.BYTES:
            return f"{_digits(value / 2**20)} MiB"
        case Unit.CORES:
            return f"{_digits(value)} cores"
        case Unit.NUMBER:
            return _digits(value)


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
