"""The sums of a series over time, in arrays: windows are summed from them without a query."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from monitoring.detectors.quantiles import Sums

Row = tuple[datetime, int, float, float, list[int] | None]


@dataclass(frozen=True, slots=True)
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

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Stretch":
        """Of (start, count, total, seconds, histogram), in any order. One row's histogram may be
        missing: it counts as empty."""
        ordered = sorted(rows, key=lambda row: row[0])
        buckets = next((len(row[4]) for row in reversed(ordered) if row[4]), 0)
        empty = [0] * buckets
        is_other = [row[4] is not None and len(row[4]) != buckets for row in ordered]
        histograms = [
            empty if other or row[4] is None else row[4]
            for row, other in zip(ordered, is_other, strict=True)
        ]
        return cls(
            np.array([row[0].timestamp() for row in ordered], np.float64),
            np.array([row[1] for row in ordered], np.int64),
            np.array([row[2] for row in ordered], np.float64),
            np.array([row[3] for row in ordered], np.float64),
            np.array(histograms, np.int64) if buckets else None,
            np.array(is_other, np.bool_) if any(is_other) else None,
        )

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


NOTHING = Stretch.of(())
