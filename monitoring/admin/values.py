"""How measured values look: each in its unit."""

from collections.abc import Iterable

from django.template.defaultfilters import filesizeformat

from classifier.admin.cells import NOTHING, percent
from monitoring.measures import MEASURES, Unit

MEGABYTE = 1 << 20
# Seconds below this are told in milliseconds.
SHORT_SECONDS = 5.0


def shown(measure: str, value: float | None) -> str:
    """With its unit; a dash for None."""
    if value is None:
        return NOTHING
    match MEASURES[measure].unit:
        case Unit.SHARE:
            return percent(value, 2 if 0 < value < 0.01 else 1)
        case Unit.SECONDS:
            if value < SHORT_SECONDS:
                return f"{1000 * value:.3g} ms"
            return f"{value:,.0f} s"
        case Unit.PER_SECOND:
            return f"{value:,.3g}/s"
        case Unit.BYTES:
            return filesizeformat(value)
        case Unit.CORES:
            return f"{value:.2f} cores"
        case _:
            return f"{value:,.0f}"


def scaled(unit: Unit, lines: Iterable[list[float | None]]) -> tuple[str, list[list[float | None]]]:
    """What a chart's axis says, and the values in that unit."""
    values = list(lines)
    name, factor = _scale(unit, max((each for line in values for each in line if each), default=0))
    return name, [
        [None if each is None else round(each * factor, 4) for each in line] for line in values
    ]


def _scale(unit: Unit, greatest: float) -> tuple[str, float]:
    match unit:
        case Unit.SHARE:
            return "%", 100
        case Unit.SECONDS:
            return ("ms", 1000) if greatest < SHORT_SECONDS else ("s", 1)
        case Unit.PER_SECOND:
            return "per second", 1
        case Unit.BYTES:
            return "MB", 1 / MEGABYTE
        case Unit.CORES:
            return "cores", 1
        case _:
            return "", 1
