"""Read what snapshots hold: the sums of a window, and points over time."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime

from monitoring.detectors.quantiles import Sums, summed
from monitoring.measures import By, Measure
from monitoring.models import MetricSnapshot

Resolution = MetricSnapshot.Resolution


@dataclass(frozen=True, slots=True)
class Point:
    """Of a stretch that begins at `at`; `value` is None where nothing can be said."""

    at: datetime
    value: float | None
    count: int


def window_sums(
    series: str,
    by: str,
    start: datetime,
    end: datetime,
    resolution: Resolution = Resolution.MINUTE,
) -> dict[str, Sums]:
    """By label, of the snapshots that begin in [start, end); the whole has the label "".

    No label where nothing was seen, be it that no snapshot was taken. A label that was not
    there all the time counts as zero for the rest of what was seen.
    """
    rows = MetricSnapshot.objects.filter(
        series=series, by__in={by, By.ALL.value}, resolution=resolution, at__gte=start, at__lt=end
    ).order_by()
    parts: dict[tuple[str, str], list[Sums]] = defaultdict(list)
    for row in rows:
        parts[row.by, row.label].append(row.sums)
    added = {key: summed(each) for key, each in parts.items()}
    whole = added.get((By.ALL.value, ""))
    seen = whole.seconds if whole is not None else None
    return {
        label: sums if seen is None else replace(sums, seconds=seen)
        for (split, label), sums in added.items()
        if split == by
    }


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
