"""Read what snapshots hold, as points over time."""

from dataclasses import dataclass
from datetime import datetime

from monitoring.measures import By, Measure
from monitoring.models import MetricSnapshot

Resolution = MetricSnapshot.Resolution


@dataclass(frozen=True, slots=True)
class Point:
    """Of a stretch that begins at `at`; `value` is None where nothing can be said."""

    at: datetime
    value: float | None
    count: int


def points(
    measure: Measure,
    start: datetime,
    end: datetime,
    resolution: Resolution,
    by: str = By.ALL.value,
    label: str = "",
) -> list[Point]:
    """One for each snapshot that there is, in the order of time; none for those that were not
    taken."""
    rows = MetricSnapshot.objects.filter(
        series=measure.series, by=by, label=label, resolution=resolution, at__gte=start, at__lt=end
    )
    return [Point(row.at, measure.value(row.sums), row.count) for row in rows.order_by("at")]
