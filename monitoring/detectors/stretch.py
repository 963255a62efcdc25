"""The sums of a series over time, in arrays: windows are summed from them without a query."""

from array import array
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.quantiles import Sums


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The sums of m windows, each array (m,); zero where a window has no rows. `histograms` are
    (m, buckets) or None; `is_mixed` where they cannot be said, for releases with other buckets had
    counted."""

    has_rows: NDArray[np.bool_]
    counts: NDArray[np.int64]
    totals: NDArray[np.float64]
    seconds: NDArray[np.float64]
    histograms: NDArray[np.int64] | None
    is_mixed: NDArray[np.bool_]

    def __add__(self, other: "Windows") -> "Windows":
        mine, others = self.histograms, other.histograms
        histograms, is_mixed = mine if others is None else others, self.is_mixed | other.is_mixed
        if mine is not None and others is not None:
            if mine.shape == others.shape:
                histograms = mine + others
            else:
                is_mixed = is_mixed | self.has_rows
        return Windows(
            self.has_rows | other.has_rows,
            self.counts + other.counts,
            self.totals + other.totals,
            self.seconds + other.seconds,
            histograms,
            is_mixed,
        )

    def of_whole(self, whole: "Windows") -> "Windows":
        """What was not there all the time counts as zero for the rest of what was seen."""
        seen = np.where(whole.has_rows, whole.seconds, self.seconds)
        return replace(self, seconds=np.where(self.has_rows, seen, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Of one label: rows in the order of time. `starts` are POSIX seconds, shape (n,); `histograms`
    has a row for each and a column for each bucket, or is None; `others`, shape (n,), says which
    rows were counted by other buckets than the newest, or is None where none was."""

    starts: NDArray[np.float64]
    counts: NDArray[np.int64]
    totals: NDArray[np.float64]
    seconds: NDArray[np.float64]
    histograms: NDArray[np.int64] | None = field(default=None)
    others: NDArray[np.bool_] | None = field(default=None)

    def sums(self, start: datetime, end: datetime) -> Sums | None:
        """Of the rows that begin in [start, end); None where there is none."""
        low, high = self._between(start, end)
        if low >= high:
            return None
        return Sums(
            int(self.counts[low:high].sum()),
            float(self.totals[low:high].sum()),
            float(self.seconds[low:high].sum()),
            self._histogram(low, high),
        )

    def windows(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> Windows:
        """Of the rows that begin in [start, end) of each, (m,) POSIX seconds. Each window is
        summed by itself: differences of running sums would lose what is small beside what was
        great once."""
        low, high = np.searchsorted(self.starts, starts), np.searchsorted(self.starts, ends)
        has_rows = low < high
        bounds = np.stack([low, np.maximum(low, high)], axis=1).ravel()

        def summed(column: NDArray[Any]) -> NDArray[Any]:
            # A bound may lie behind the last row; of an empty window there comes the row at it.
            padded = np.concatenate([column, np.zeros_like(column, shape=(1, *column.shape[1:]))])
            with np.errstate(over="ignore", invalid="ignore"):
                sums: NDArray[Any] = np.add.reduceat(padded, bounds, axis=0)[::2]
            sums[~has_rows] = 0
            return sums

        return Windows(
            has_rows,
            summed(self.counts),
            summed(self.totals),
            summed(self.seconds),
            summed(self.histograms) if self.histograms is not None else None,
            np.zeros_like(has_rows)
            if self.others is None
            else summed(self.others.astype(np.int64)) > 0,
        )

    def each(self, start: datetime, end: datetime) -> list[tuple[float, Sums]]:
        """Row by row: (POSIX seconds, sums) of those that begin in [start, end)."""
        return self._rows(*self._between(start, end))

    def all(self) -> list[tuple[float, Sums]]:
        return self._rows(0, len(self.starts))

    def _histogram(self, low: int, high: int) -> tuple[int, ...] | None:
        if self.histograms is None:
            return None
        if self.others is not None and self.others[low:high].any():
            return ()
        return tuple(self.histograms[low:high].sum(axis=0).tolist())

    def _rows(self, low: int, high: int) -> list[tuple[float, Sums]]:
        return [
            (start, Sums(count, total, seconds, self._histogram(row, row + 1)))
            for row, start, count, total, seconds in zip(
                range(low, high),
                self.starts[low:high].tolist(),
                self.counts[low:high].tolist(),
                self.totals[low:high].tolist(),
                self.seconds[low:high].tolist(),
                strict=True,
            )
        ]

    def _between(self, start: datetime, end: datetime) -> tuple[int, int]:
        low, high = np.searchsorted(self.starts, [start.timestamp(), end.timestamp()])
        return int(low), int(high)


class Rows:
    """Gathers the rows of a label, in the order of time, as arrays: tuples of them would take
    several times the memory."""

    def __init__(self) -> None:
        self._starts, self._totals, self._seconds = array("d"), array("d"), array("d")
        self._counts = array("q")
        self._histograms: list[list[int] | None] = []

    def add(
        self, at: datetime, count: int, total: float, seconds: float, histogram: list[int] | None
    ) -> None:
        self._starts.append(at.timestamp())
        self._counts.append(count)
        self._totals.append(total)
        self._seconds.append(seconds)
        self._histograms.append(histogram)

    def stretch(self) -> Stretch:
        """One row's histogram may be missing: it counts as empty."""
        buckets = next((len(each) for each in reversed(self._histograms) if each), 0)
        empty = [0] * buckets
        is_other = [each is not None and len(each) != buckets for each in self._histograms]
        histograms = [
            empty if other or each is None else each
            for each, other in zip(self._histograms, is_other, strict=True)
        ]
        return Stretch(
            np.array(self._starts, np.float64),
            np.array(self._counts, np.int64),
            np.array(self._totals, np.float64),
            np.array(self._seconds, np.float64),
            np.array(histograms, np.int64) if buckets else None,
            np.array(is_other, np.bool_) if any(is_other) else None,
        )


NOTHING = Rows().stretch()
