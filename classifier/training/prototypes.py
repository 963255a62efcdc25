"""Category prototypes from labelled vectors, and how well they do on texts left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from classifier.engine.decision import SHORTLIST
from classifier.engine.merchants.knowledge import mixed
from classifier.engine.prototypes import unit

ANCHOR_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
NEIGHBOR_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
MERCHANT_WEIGHTS = (0.0, 0.5, 1.0, 1.5, 2.0)
Choice = TypeVar("Choice")

# One-sided 95%.
CLEAR_ERRORS = 1.645
# Rows of the similarity matrix in memory at once.
CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Weights:
    """How the parts of a category's score are mixed.

    `anchor`: how many examples the category's own name and description count for in its
    prototype. `neighbor`: the share of the nearest example in the score, from 0 to 1. `merchant`:
    what a sure merchant counts for beside the text, which counts for 1.
    """

    anchor: float
    neighbor: float
    merchant: float


# docs/decisions/0002-nearest-example.md and 0006-merchant-evidence.md have the measurements.
DEFAULT_WEIGHTS = Weights(anchor=2.0, neighbor=0.3, merchant=1.5)


@dataclass(frozen=True)
class TrainingSet:
    """What prototypes are built from.

    `vectors` (n, d) float32 unit rows; `labels` (n,) int32 indexes below c; `anchors` (c, d)
    float32 unit rows, the embedding of each category's own name and description; `evidence`
    (n, d) float32, what each text's merchant sells times how sure the merchant is, zero where
    nothing is known; None where nobody looked.
    """

    vectors: NDArray[np.float32]
    labels: NDArray[np.int32]
    anchors: NDArray[np.float32]
    evidence: NDArray[np.float32] | None = None

    def with_merchants(self, weight: float) -> "TrainingSet":
        """The set as the engine would see it: evidence mixed into the vectors."""
        if self.evidence is None or not weight:
            return replace(self, evidence=None)
        return replace(self, vectors=mixed(self.vectors, self.evidence, weight), evidence=None)

    @property
    def counts(self) -> NDArray[np.int64]:
        """Examples a category, shape (c,)."""
        return np.bincount(self.labels, minlength=len(self.anchors))

    @property
    def has_vote(self) -> NDArray[np.bool_]:
        """Which examples leave another of their category behind when left out, shape (n,)."""
        return self.counts[self.labels] > 1


def build_prototypes(training: TrainingSet, anchor_weight: float) -> NDArray[np.float32]:
    """One unit vector a category, shape (c, d).

    The anchor counts as `anchor_weight` examples, so its share falls as examples grow:
    unit(sum of the category's vectors + anchor_weight * anchor).
    """
    return unit(_sums(training) + np.float32(anchor_weight) * training.anchors)


def leave_one_out_scores(training: TrainingSet, weights: Weights) -> NDArray[np.float32]:
    """Each example's score in each category, as if the example had never been given; (n, c).

    As `DecisionRule` scores: prototype and nearest example of the categories whose prototypes
    are nearest. A category left with neither example nor anchor scores 0; one without another
    example has no neighbour, and its prototype stands for both.
    """
    cosines = _prototype_cosines(training, weights.anchor)
    return _blend(cosines, _closest_others(training), weights.neighbor)


def held_out_scores(
    training: TrainingSet, vectors: NDArray[np.float32], weights: Weights
) -> NDArray[np.float32]:
    """The score in each category of texts (m, d) that are not in `training`, (m, c), as
    `leave_one_out_scores` has them."""
    cosines = vectors @ build_prototypes(training, weights.anchor).T
    closest = np.full_like(cosines, np.nan)
    order = np.argsort(training.labels, kind="stable")
    present, starts = np.unique(training.labels[order], return_index=True)
    closest[:, present] = np.maximum.reduceat(vectors @ training.vectors[order].T, starts, axis=1)
    return _blend(cosines, closest, weights.neighbor)


def choose_weights(
    training: TrainingSet, neighbor_weights: Sequence[float] = NEIGHBOR_WEIGHTS
) -> Weights:
    """The weights on the grid that leave-one-out accuracy speaks for, else the default ones.

    The merchant's weight first, with the default ones beside it; then the two others. Default
    ones stand unless others are right on more examples by CLEAR_ERRORS standard errors of the
    paired difference; then those nearest to the default on the grid that are not worse than the
    best by as much.

    An example that is alone in its category has no vote: left out, it leaves the bare anchor,
    against which the other categories look the better the less of their anchor is in them.
    Where nothing has a vote, no category has a second example to be near to, and the
    neighbour's weight is 0.
    """
    has_evidence = training.evidence is not None and bool(training.evidence.any())
    default = DEFAULT_WEIGHTS if has_evidence else replace(DEFAULT_WEIGHTS, merchant=0.0)
    if not training.has_vote.any():
        return replace(default, neighbor=0.0)
    if has_evidence:
        by_merchant: dict[Weights, NDArray[np.bool_]] = {}
        for merchant in MERCHANT_WEIGHTS:
            weights = replace(default, merchant=merchant)
            by_merchant |= _is_right(training.with_merchants(merchant), [weights])
        default = best_supported(by_merchant, _nearest_first(by_merchant, default))
    grid = [
        replace(default, anchor=anchor, neighbor=neighbor)
        for anchor in ANCHOR_WEIGHTS
        for neighbor in neighbor_weights
    ]
    is_right = _is_right(training.with_merchants(default.merchant), grid)
    return best_supported(is_right, _nearest_first(is_right, default))


def _is_right(training: TrainingSet, grid: Sequence[Weights]) -> dict[Weights, NDArray[np.bool_]]:
    """Which of the examples with a vote each of the weights would have got right."""
    labels, has_vote = training.labels, training.has_vote
    closest = _closest_others(training)
    is_right = {}
    for anchor in dict.fromkeys(weights.anchor for weights in grid):
        cosines = _prototype_cosines(training, anchor)
        for weights in grid:
            if weights.anchor == anchor:
                best = _blend(cosines, closest, weights.neighbor).argmax(axis=1)
                is_right[weights] = (best == labels)[has_vote]
    return is_right


def best_supported(
    is_right: Mapping[Choice, NDArray[np.bool_]], in_order: Sequence[Choice]
) -> Choice:
    """The first of some choices that the best is not clearly better than: right on more of the same
    examples by CLEAR_ERRORS standard errors of the paired difference."""
    best = max(in_order, key=lambda choice: int(is_right[choice].sum()))
    return next(
        choice for choice in in_order if not _is_clearly_better(is_right[best], is_right[choice])
    )


def _nearest_first(grid: Iterable[Weights], default: Weights) -> list[Weights]:
    return sorted(grid, key=lambda weights: _steps(weights, default))


def _steps(weights: Weights, default: Weights) -> int:
    return sum(
        abs(grid.index(weight) - grid.index(usual))
        for grid, weight, usual in (
            (ANCHOR_WEIGHTS, weights.anchor, default.anchor),
            (NEIGHBOR_WEIGHTS, weights.neighbor, default.neighbor),
            (MERCHANT_WEIGHTS, weights.merchant, default.merchant),
        )
    )


def _is_clearly_better(ones: NDArray[np.bool_], others: NDArray[np.bool_]) -> bool:
    gain = ones.astype(float) - others
    standard_error = gain.std() / np.sqrt(len(gain))
    return bool(gain.mean() > CLEAR_ERRORS * standard_error)


def _prototype_cosines(training: TrainingSet, anchor_weight: float) -> NDArray[np.float32]:
    """Each example to each prototype, its own category's built without it; (n, c)."""
    sums = _sums(training) + np.float32(anchor_weight) * training.anchors
    cosines = training.vectors @ unit(sums).T
    without = unit(sums[training.labels] - training.vectors)
    rows = np.arange(len(training.labels))
    cosines[rows, training.labels] = np.einsum("nd,nd->n", without, training.vectors)
    return np.asarray(cosines, dtype=np.float32)


def _closest_others(training: TrainingSet) -> NDArray[np.float32]:
    """Each example to the nearest other example of each category, NaN where none; (n, c)."""
    closest = np.full((len(training.labels), len(training.anchors)), np.nan, dtype=np.float32)
    order = np.argsort(training.labels, kind="stable")
    present, starts = np.unique(training.labels[order], return_index=True)
    for begin in range(0, len(order), CHUNK):
        rows = slice(begin, begin + CHUNK)
        cosines = training.vectors[rows] @ training.vectors.T
        np.fill_diagonal(cosines[:, begin:], -np.inf)
        closest[rows, present] = np.maximum.reduceat(cosines[:, order], starts, axis=1)
    return np.where(np.isneginf(closest), np.float32(np.nan), closest)


def _blend(
    cosines: NDArray[np.float32], closest: NDArray[np.float32], weight: float
) -> NDArray[np.float32]:
    """Scores (n, c); -1, the least a cosine can be, outside each row's shortlist."""
    blended = (1 - weight) * cosines + weight * np.where(np.isnan(closest), cosines, closest)
    size = min(SHORTLIST, cosines.shape[1])
    last = np.partition(cosines, -size, axis=1)[:, -size]
    return np.where(cosines >= last[:, None], blended, -1).astype(np.float32)


def _sums(training: TrainingSet) -> NDArray[np.float32]:
    sums = np.zeros_like(training.anchors)
    np.add.at(sums, training.labels, training.vectors)
    return sums
