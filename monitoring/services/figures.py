"""Read a page's figures out of snapshots: few queries, whatever there is to see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Func, IntegerField, QuerySet, Sum

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


def read_figures(
    series: Iterable[str], window: Window, by: By = By.ALL, labels: Sequence[str] | None = None
) -> Figures:
    """In two queries; of some labels, where they are named."""
    rows = _rows(series, window, by)
    if labels is not None:
        rows = rows.filter(label__in=labels)
    figures = Figures(window, {})
    # The database adds up what it can; it cannot add histograms.
    plain = rows.filter(histogram__isnull=True)
    if window.slot_seconds is None:
        for key, label, at, *sums in plain.values_list(*COLUMNS[:-1]):
            _add(figures, key, label, window.slot_of(at), Sums(*sums))
    else:
        place = _SlotOf("at", start=window.start, seconds=window.slot_seconds)
        added = plain.annotate(place=place).values("series", "label", "place")
        summing = added.annotate(Sum("count"), Sum("total"), Sum("seconds"))
        for key, label, slot, *sums in summing.values_list(
            "series", "label", "place", "count__sum", "total__sum", "seconds__sum"
        ):
            _add(figures, key, label, slot, Sums(*sums))
    counted = rows.filter(histogram__isnull=False).values_list(*COLUMNS)
    for key, label, at, count, total, seconds, histogram in counted:
        sums_at = Sums(count, total, seconds, tuple(histogram))
        _add(figures, key, label, window.slot_of(at), sums_at)
    return figures


def read_totals(series: Iterable[str], window: Window, by: By) -> Figures:
    """As one slot, in one query, of series that have no histogram: many labels at little cost."""
    rows = _rows(series, window, by).values("series", "label")
    summing = rows.annotate(Sum("count"), Sum("total"), Sum("seconds"))
    whole = replace(window, starts=window.starts[:1])
    return Figures(
        whole,
        {
            (key, label): [Sums(*sums)]
            for key, label, *sums in summing.values_list(
                "series", "label", "count__sum", "total__sum", "seconds__sum"
            )
        },
    )


def _rows(series: Iterable[str], window: Window, by: By) -> "QuerySet[MetricSnapshot]":
    return MetricSnapshot.objects.filter(
        series__in=list(series),
        by=by.value,
        resolution=window.resolution,
        at__gte=window.start,
        at__lt=window.end,
    ).order_by()


def _add(figures: Figures, series: str, label: str, place: int, sums: Sums) -> None:
    found = figures.slots.setdefault((series, label), [None] * len(figures.window.starts))
    before = found[place]
    found[place] = sums if before is None else before + sums


def _together(parts: Slots) -> Sums | None:
    seen = [each for each in parts if each is not None]
    return summed(seen) if seen else None


class _SlotOf(Func):
    """Which of the slots of `seconds` each, from `start` on, a moment is in."""

    output_field = IntegerField()

    def __init__(self, field: str, *, start: datetime, seconds: int) -> None:
        super().__init__(field)
        self.start, self.seconds = int(start.timestamp()), seconds

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self._sql(compiler, connection, "EXTRACT(EPOCH FROM %(expressions)s)::bigint")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        seconds = "CAST(strftime('%%%%s', %(expressions)s) AS integer)"
        return self._sql(compiler, connection, seconds)

    def _sql(self, compiler: Any, connection: Any, seconds: str) -> Any:
        template = f"(({seconds} - {self.start}) / {self.seconds})"
        return self.as_sql(compiler, connection, template=template)
