"""Read the snapshots of a stretch of time once, for all rules that are judged by them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.detectors.stretch import NOTHING, Rows, Stretch
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


# Of a series, a split and a resolution: labels that rules name, or all that there are.
Key = tuple[str, str, Resolution, bool]


class Stretches:
    """Until `end`. As many queries as there are series, splits and resolutions, and another where
    labels are named, however many rules and labels."""

    def __init__(self, needs: Iterable[Need], end: datetime, most_labels: int = MAX_LABELS) -> None:
        self._most_labels = most_labels
        wanted: dict[Key, list[Need]] = defaultdict(list)
        for need in needs:
            wanted[_key(need.series, need.by, need.label, need.resolution)].append(need)
            if need.by:
                whole = Need(need.series, By.ALL.value, "", need.resolution, need.start)
                wanted[_key(whole.series, whole.by, "", whole.resolution)].append(whole)
        self._crowded: set[Key] = set()
        self._found = {key: self._read(key, needs, end) for key, needs in wanted.items()}

    def whole(self, series: str, resolution: Resolution) -> Stretch:
        return self.labels(series, By.ALL.value, "", resolution).get("", NOTHING)

    def labels(
        self, series: str, by: str, label: str, resolution: Resolution
    ) -> dict[str, Stretch]:
        """All of the split; of a label that is named, it and others that are."""
        return self._found.get(_key(series, by, label, resolution), {})

    def is_crowded(self, series: str, by: str, label: str, resolution: Resolution) -> bool:
        """All labels are wanted, which are more than are judged, and none was read."""
        return _key(series, by, label, resolution) in self._crowded

    def _read(self, key: Key, needs: list[Need], end: datetime) -> dict[str, Stretch]:
        series, by, resolution, is_named = key
        start = min(need.start for need in needs)
        rows = MetricSnapshot.objects.filter(
            series=series, by=by, resolution=resolution, at__gte=start, at__lt=end
        ).order_by("at")
        columns = rows.values_list("label", "at", "count", "total", "seconds", "histogram")
        if is_named:
            columns = columns.filter(label__in={need.label for need in needs})
        steps = max(1, (end - start) // LENGTH[resolution] + 1)
        # More rows than so many labels can have: no need to see the rest.
        most = self._most_labels * steps
        if not is_named:
            columns = columns[: most + 1]
        found: dict[str, Rows] = defaultdict(Rows)
        for number, row in enumerate(columns.iterator()):
            label, at, count, total, seconds, histogram = row
            found[label].add(at, count, total, seconds, histogram)
            if not is_named and (number == most or len(found) > self._most_labels):
                self._crowded.add(key)
                return {}
        return {label: each.stretch() for label, each in found.items()}


def _key(series: str, by: str, label: str, resolution: Resolution) -> Key:
    return series, by, resolution, bool(label)
