"""The chart of a measure with its thresholds, as `alerts.js` draws it, and the same in a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifier.admin.cells import NOTHING
from monitoring.admin.alert_cells import short_moment, table
from monitoring.admin.values import scaled
from monitoring.measures import Unit
from monitoring.services.series import Point
from monitoring.wording import figure

# So many points a chart can show; of more, the worst of neighbours.
MAX_POINTS = 1000
MAX_ROWS = 120


@dataclass(frozen=True, slots=True)
class Drawn:
    """`bands` are stretches of time that are shaded: from, until (None: it goes on), severity.
    Thresholds are point by point; None where there was none."""

    points: Sequence[Point]
    warning: Sequence[float | None]
    critical: Sequence[float | None]
    bands: Sequence[tuple[datetime, datetime | None, str]]


def threshold_chart(key: str, name: str, unit: Unit, drawn: Drawn, summary: str) -> dict[str, Any]:
    """`summary` says in words what is to be seen."""
    step = -(-len(drawn.points) // MAX_POINTS) or 1
    kept = range(0, len(drawn.points), step)
    points = [_worst(drawn, slot, step) for slot in kept]
    lines = [
        [point.value for point in points],
        [drawn.warning[slot] for slot in kept],
        [drawn.critical[slot] for slot in kept],
    ]
    axis, values = scaled(unit, lines)
    return {
        "id": key,
        "name": name,
        "summary": summary,
        "is_empty": not any(point.value is not None for point in points),
        "table": table(
            ["From", name, "Warning", "Critical"],
            [
                [
                    short_moment(point.at),
                    *(
                        NOTHING if value is None else figure(value, unit)
                        for value in (point.value, lines[1][slot], lines[2][slot])
                    ),
                ]
                for slot, point in list(enumerate(points))[::-1][:MAX_ROWS]
            ],
        ),
        "data": {
            "name": name,
            "unit": axis,
            "labels": [short_moment(point.at) for point in points],
            "values": values[0],
            "warning": values[1],
            "critical": values[2],
            "bands": [_band(band, [point.at for point in points]) for band in drawn.bands],
        },
    }


def _worst(drawn: Drawn, slot: int, step: int) -> Point:
    """Of neighbours that share a place, that which is farthest from the others: what alarms must
    not be thinned out."""
    near = [point for point in drawn.points[slot : slot + step] if point.value is not None]
    if not near:
        return drawn.points[slot]
    middle = sorted(point.value or 0.0 for point in near)[len(near) // 2]
    farthest = max(near, key=lambda point: abs((point.value or 0.0) - middle))
    return Point(drawn.points[slot].at, farthest.value, farthest.count)


def _band(band: tuple[datetime, datetime | None, str], starts: list[datetime]) -> dict[str, Any]:
    """In slots of the chart: those that begin within the stretch."""
    start, end, severity = band
    inside = [slot for slot, at in enumerate(starts) if at >= start and (end is None or at <= end)]
    nearest = sum(at < start for at in starts) - 1
    first = inside[0] if inside else max(nearest, 0)
    return {"first": first, "last": inside[-1] if inside else first, "kind": severity}
