"""Charts of figures over time, as `dashboard.js` draws them. It makes their tables, too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime

from monitoring.admin.values import scaled
from monitoring.measures import Unit
from monitoring.models import MetricSnapshot
from monitoring.services.windows import Window

# More lines than these no eye tells apart.
MAX_LINES = 6


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
            "ticks": [_tick(start, window) for start in window.starts],
            "lines": [
                {"name": line.name, "values": each, "isPast": line.is_past}
                for line, each in zip(drawn, values, strict=True)
            ],
            "marks": [{"slot": mark.slot, "text": mark.text} for mark in marks],
        },
    }


def _moment(start: Any, window: Window) -> str:
    is_day = window.resolution == MetricSnapshot.Resolution.DAY
    return date_format(localtime(start), "j M Y" if is_day else "j M, H:i")


def _tick(start: Any, window: Window) -> str:
    is_minute = window.resolution == MetricSnapshot.Resolution.MINUTE
    is_short = (window.end - window.start).days <= 1
    return date_format(localtime(start), "H:i" if is_minute or is_short else "j M")
