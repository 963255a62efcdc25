"""Read the snapshots of a stretch of time once, for all rules that are judged by them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.detectors.stretch import NOTHING, Row, Stretch
from monitoring.measures import By
from monitoring.models import MetricSnapshot

Resolution = MetricSnapshot.Resolution
# A rule that has more labels is not judged.
MAX_LABELS = 200
LENGTH = {Resolution.MINUTE: timedelta(minutes=1), Resolution.HOUR: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be read from `start` on: one label of a split, or each where `label` is empty."""

    series: str
    by: str
    label: str
    resolution: Resolution
    start: datetime


Key = tuple[str, str, Resolution]


class Stretches:
    """Until `end`. As many queries as there are series, splits and resolutions, however many
    rules and labels."""

    def __init__(self, needs: Iterable[Need], end: datetime, most_labels: int = MAX_LABELS) -> None:
        self._most_labels = most_labels
        wanted: dict[Key, list[Need]] = defaultdict(list)
        for need in needs:
            wanted[need.series, need.by, need.resolution].append(need)
            if need.by:
                whole = Need(need.series, By.ALL.value, "", need.resolution, need.start)
                wanted[need.series, By.ALL.value, need.resolution].append(whole)
        self._crowded: set[Key] = set()
        self._found = {key: self._read(key, needs, end) for key, needs in wanted.items()}

    def whole(self, series: str, resolution: Resolution) -> Stretch:
        return self._found.get((series, By.ALL.value, resolution), {}).get("", NOTHING)

    def labels(self, series: str, by: str, resolution: Resolution) -> dict[str, Stretch]:
        return self._found.get((series, by, resolution), {})

    def is_crowded(self, series: str, by: str, resolution: Resolution) -> bool:
        """It has more labels than are judged, and was not read."""
        return (series, by, resolution) in self._crowded

    def _read(self, key: Key, needs: list[Need], end: datetime) -> dict[str, Stretch]:
        series, by, resolution = key
        start = min(need.start for need in needs)
        labels = {need.label for need in needs}
        rows = MetricSnapshot.objects.filter(
            series=series, by=by, resolution=resolution, at__gte=start, at__lt=end
        ).order_by()
        if by and "" not in labels:
            rows = rows.filter(label__in=labels)
        steps = max(1, (end - start) // LENGTH[resolution] + 1)
        # More rows than so many labels can have: no need to see the rest.
        most = self._most_labels * steps
        found: dict[str, list[Row]] = defaultdict(list)
        columns = rows.values_list("at", "count", "total", "seconds", "histogram", "label")
        for number, row in enumerate(columns[: most + 1].iterator()):
            found[row[5]].append(row[:5])
            if number == most or len(found) > self._most_labels:
                self._crowded.add(key)
                return {}
        return {label: Stretch.of(each) for label, each in found.items()}
