"""Charts of figures over time, as `dashboard.js` draws them. It makes their tables, too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime

from monitoring.admin.values import scaled
from monitoring.measures import Unit
from monitoring.models import MetricSnapshot
from monitoring.services.clock import HOUR, MINUTE, day_of
from monitoring.services.windows import Window

# More lines than these no eye tells apart.
MAX_LINES = 6
DAY = timedelta(days=1)
# The time between what the axis says, by how much is shown.
TICKS = ((HOUR, 10 * MINUTE), (6 * HOUR, HOUR), (DAY, 3 * HOUR))


@dataclass(frozen=True, slots=True)
class Line:
    """Slot by slot; None is a gap. `is_past` is the same time last week."""

    name: str
    values: list[float | None]
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened in a slot."""

    slot: int
    text: str


def chart(
    key: str,
    title: str,
    unit: Unit,
    lines: Iterable[Line],
    window: Window,
    *,
    summary: str,
    is_stacked: bool = False,
    marks: Sequence[Mark] = (),
) -> dict[str, Any]:
    """`summary` says in words what is to be seen."""
    drawn = [line for line in lines if any(value is not None for value in line.values)]
    axis, values = scaled(unit, [line.values for line in drawn])
    return {
        "id": key,
        "title": title,
        "summary": summary,
        "is_empty": not any(not line.is_past for line in drawn),
        "data": {
            "unit": axis,
            "isStacked": is_stacked,
            "labels": [_moment(start, window) for start in window.starts],
            "ticks": _ticks(window),
            "lines": [
                {"name": line.name, "values": each, "isPast": line.is_past}
                for line, each in zip(drawn, values, strict=True)
            ],
            "marks": [{"slot": mark.slot, "text": mark.text} for mark in marks],
        },
    }


def _moment(start: datetime, window: Window) -> str:
    is_day = window.resolution == MetricSnapshot.Resolution.DAY
    return date_format(localtime(start), "j M Y" if is_day else "j M, H:i")


def _ticks(window: Window) -> list[str]:
    """What the axis says of each slot: the round time that is in it, empty where there is none."""
    span = window.end - window.start
    ends = [*window.starts[1:], max(window.end, window.starts[-1] + MINUTE)]
    if span > timedelta(days=1):
        every, form = DAY, "j M"
    else:
        every, form = next((each, "H:i") for longest, each in TICKS if span <= longest)
    ticks = []
    for start, end in zip(window.starts, ends, strict=True):
        last = localtime(end - timedelta(microseconds=1))
        # Of the same time zone, so that Python adds by the wall clock.
        midnight = localtime(day_of(last))
        round_time = midnight + (last - midnight) // every * every
        ticks.append(date_format(localtime(round_time), form) if round_time >= start else "")
    return ticks
