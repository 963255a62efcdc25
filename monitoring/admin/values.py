"""How measured values look: each in its unit."""

from collections.abc import Iterable

from classifier.admin.cells import NOTHING
from monitoring.measures import MEASURES, Unit
from monitoring.wording import figure

MEGABYTE = 1 << 20
# Seconds below this are told in milliseconds.
SHORT_SECONDS = 5.0


def shown(measure: str, value: float | None) -> str:
    """With its unit; a dash for None."""
    return NOTHING if value is None else figure(value, MEASURES[measure].unit)


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
