"""What is gained in precision by answering less: the risk-coverage curve.

El-Yaniv and Wiener, "On the foundations of noise-free selective classification" (2010). Risk is
one less the precision of what is answered; here the precision itself is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classifier.engine.shares import wilson_interval

# Answers before their precision is believed.
MIN_ANSWERS = 30


@dataclass(frozen=True, slots=True)
class Answering:
    """What comes of giving the answers whose confidence is at least `bound`.

    `right` of `size` are right. `precision` is their share with its 95% Wilson interval,
    `coverage` the share of all texts that is answered.
    """

    bound: float
    size: int
    right: int
    precision: float
    low: float
    high: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Reach:
    """The answers that keep a wanted precision, or come nearest to it.

    `sure` is the lowest bound at which the lower end of the interval is not under `wanted`;
    `measured` that at which the precision itself is not; None where there is none. `nearest` has
    the highest lower end of all; None where too few texts are sure enough to say anything.
    """

    wanted: float
    measured: Answering | None
    sure: Answering | None
    nearest: Answering | None

    @property
    def chosen(self) -> Answering | None:
        """What a version abstains by: a promise is kept with its interval, as a level's is."""
        return self.sure or self.nearest


@dataclass(frozen=True)
class RiskCoverage:
    """Point i answers the texts with a confidence of at least `bounds[i]`: `right[i]` of
    `sizes[i]` are right, out of `total`. Bounds fall, so that sizes rise; all of shape (k,), one
    point for each confidence that occurs."""

    bounds: NDArray[np.float64]
    sizes: NDArray[np.int64]
    right: NDArray[np.int64]
    total: int

    @classmethod
    def of(
        cls,
        confidences: NDArray[np.float64],
        is_right: NDArray[np.bool_],
        may_answer: NDArray[np.bool_] | None = None,
    ) -> "RiskCoverage":
        """Over n texts, all arrays (n,). Those that are not in `may_answer` are never answered,
        however sure; None: all may be. Texts of one confidence are answered together."""
        chosen = np.full(len(is_right), True) if may_answer is None else may_answer
        values, right = confidences[chosen], is_right[chosen]
        order = np.argsort(-values, kind="stable")
        values, counts = values[order], np.cumsum(right[order])
        is_last = np.append(values[1:] != values[:-1], True) if len(values) else np.zeros(0, bool)
        ends = np.flatnonzero(is_last)
        sizes = (ends + 1).astype(np.int64)
        return cls(values[ends], sizes, counts[ends].astype(np.int64), len(is_right))

    @property
    def precisions(self) -> NDArray[np.float64]:
        shares: NDArray[np.float64] = self.right / self.sizes
        return shares

    @property
    def coverages(self) -> NDArray[np.float64]:
        shares: NDArray[np.float64] = self.sizes / self.total
        return shares

    @property
    def believed(self) -> NDArray[np.intp]:
        """The points that have answers enough."""
        return np.flatnonzero(self.sizes >= MIN_ANSWERS)

    def answering(self, bound: float) -> Answering | None:
        """None where nothing is as sure as that."""
        count = int(np.searchsorted(-self.bounds, -bound, side="right"))
        return self._at(count - 1, bound) if count else None

    def reach(self, wanted: float, abstain_below: float = 0.0) -> Reach:
        """What keeps a precision, by bounds that are not under `abstain_below`.

        Where all that may be answered keeps it, the bound is `abstain_below` itself.
        """
        points = [
            self._at(int(place), None)
            for place in self.believed
            if self.bounds[place] >= abstain_below
        ]
        if points:
            points[-1] = replace(points[-1], bound=abstain_below)
        return Reach(
            wanted,
            measured=_last([point for point in points if point.precision >= wanted]),
            sure=_last([point for point in points if point.low >= wanted]),
            nearest=max(points, key=lambda point: (point.low, point.coverage), default=None),
        )

    def _at(self, place: int, bound: float | None) -> Answering:
        size, right = int(self.sizes[place]), int(self.right[place])
        low, high = wilson_interval(right, size)
        at = float(self.bounds[place]) if bound is None else bound
        return Answering(at, size, right, right / size, low, high, size / self.total)


def _last(points: Sequence[Answering]) -> Answering | None:
    return points[-1] if points else None


@dataclass(frozen=True, slots=True)
class PrecisionTarget:
    """The precision that a version was built for, and what keeps it on its own examples.

    `is_kept` is whether the lower end of the interval reaches `wanted`; else the bound is that
    which comes nearest. `answering` is None where too little is known to choose one.
    """

    wanted: float
    is_kept: bool
    answering: Answering | None

    @classmethod
    def of(cls, reach: Reach) -> "PrecisionTarget":
        return cls(reach.wanted, reach.sure is not None, reach.chosen)
