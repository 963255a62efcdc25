"""Read a page's figures out of snapshots: few queries, whatever there is to see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from classifier.engine.shares import Share
from monitoring.detectors.quantiles import Sums, summed
from monitoring.measures import MEASURES, By
from monitoring.models import MetricSnapshot
from monitoring.services.windows import Window

COLUMNS = ("series", "label", "at", "count", "total", "seconds", "histogram")
Slots = list[Sums | None]
# About so many slots have what comes rarely.
COARSE = 24
# Of fewer judgements than these a slot says nothing of how many are right.
ENOUGH_JUDGED = 10
JUDGED = ("accuracy_feedback", "accuracy_audit")


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a window, by series and label: what each slot holds, None where nothing was seen."""

    window: Window
    slots: dict[tuple[str, str], Slots]

    @property
    def is_empty(self) -> bool:
        return not self.slots

    def labels(self, series: str) -> list[str]:
        return [label for found, label in self.slots if found == series]

    def sums(self, series: str, label: str = "") -> Sums:
        """Of the whole window."""
        return summed(each for each in self.slots.get((series, label), []) if each is not None)

    def value(self, measure: str, label: str = "") -> float | None:
        asked = MEASURES[measure]
        return asked.value(self.sums(asked.series, label))

    def values(self, measure: str, label: str = "") -> list[float | None]:
        """Slot by slot; None where nothing can be said."""
        asked = MEASURES[measure]
        found = self.slots.get((asked.series, label))
        if found is None:
            return [None] * len(self.window.starts)
        enough = ENOUGH_JUDGED if asked.series in JUDGED else 0
        return [
            None if sums is None or sums.count < enough else asked.value(sums) for sums in found
        ]

    def coarser(self) -> "Figures":
        """With fewer and longer slots, for what comes rarely."""
        step = max(1, len(self.window.starts) // COARSE)
        window = replace(self.window, starts=self.window.starts[::step])
        return Figures(
            window,
            {
                key: [_together(each[place : place + step]) for place in range(0, len(each), step)]
                for key, each in self.slots.items()
            },
        )

    def right(self, series: str, label: str = "") -> Share | None:
        """Of a series of judgements, with its interval; None where nothing was judged."""
        sums = self.sums(series, label)
        return Share.of_any(round(sums.total), sums.count)


def read_figures(series: Iterable[str], window: Window, by: By = By.ALL) -> Figures:
    """In one query."""
    rows = MetricSnapshot.objects.filter(
        series__in=list(series),
        by=by.value,
        resolution=window.resolution,
        at__gte=window.start,
        at__lt=window.end,
    )
    slots: dict[tuple[str, str], Slots] = {}
    for key, label, at, count, total, seconds, histogram in rows.order_by().values_list(*COLUMNS):
        found = slots.get((key, label))
        if found is None:
            found = slots[key, label] = [None] * len(window.starts)
        sums = Sums(count, total, seconds, tuple(histogram) if histogram is not None else None)
        place = window.slot_of(at)
        before = found[place]
        found[place] = sums if before is None else before + sums
    return Figures(window, slots)


def _together(parts: Slots) -> Sums | None:
    seen = [each for each in parts if each is not None]
    return summed(seen) if seen else None
