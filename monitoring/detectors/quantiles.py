"""Sums that add, and what is read from them: rates, shares, means, quantiles of a histogram."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True, slots=True)
class Sums:
    """What was seen in a stretch of time, in a form that adds.

    `count` observations whose values sum to `total`; `histogram` (None where there is none) counts
    them by bucket, one more than there are upper bounds, and is empty where it cannot be said, for
    releases with other buckets had counted; `seconds` is how much of the stretch was seen.
    """

    count: int = 0
    total: float = 0.0
    seconds: float = 0.0
    histogram: tuple[int, ...] | None = None

    def __add__(self, other: "Sums") -> "Sums":
        histograms = [each for each in (self.histogram, other.histogram) if each is not None]
        return Sums(
            self.count + other.count,
            self.total + other.total,
            self.seconds + other.seconds,
            added(histograms) if histograms else None,
        )


def added(histograms: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Bucket by bucket; empty where they have not as many."""
    if len({len(each) for each in histograms}) != 1:
        return ()
    return tuple(map(sum, zip(*histograms, strict=True)))


def summed(parts: Iterable[Sums]) -> Sums:
    return reduce(Sums.__add__, parts, Sums())


def quantile(histogram: Sequence[int], bounds: Sequence[float], probability: float) -> float | None:
    """Interpolated within the bucket that holds the quantile, as Prometheus'
    `histogram_quantile` does: the greatest bound where that is the last bucket. None where
    nothing was counted, or by other buckets."""
    size = sum(histogram)
    if not size or len(histogram) != len(bounds) + 1:
        return None
    rank, below = probability * size, 0
    for index, count in enumerate(histogram[:-1]):
        if count and below + count >= rank:
            low = bounds[index - 1] if index else 0.0
            return low + (bounds[index] - low) * (rank - below) / count
        below += count
    return bounds[-1]
