"""Category prototypes from labelled vectors, and how well they do on texts left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.decision import SHORTLIST
from classifier.engine.prototypes import unit

ANCHOR_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
NEIGHBOR_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
# One-sided 95%.
CLEAR_ERRORS = 1.645
# Rows of the similarity matrix in memory at once.
CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Weights:
    """How the parts of a category's score are mixed.

    `anchor`: how many examples the category's own name and description count for in its
    prototype. `neighbor`: the share of the nearest example in the score, from 0 to 1.
    """

    anchor: float
    neighbor: float


# docs/decisions/0002-nearest-example.md has the measurements.
DEFAULT_WEIGHTS = Weights(anchor=2.0, neighbor=0.3)


@dataclass(frozen=True)
class TrainingSet:
    """What prototypes are built from.

    `vectors` (n, d) float32 unit rows; `labels` (n,) int32 indexes below c; `anchors` (c, d)
    float32 unit rows, the embedding of each category's own name and description.
    """

    vectors: NDArray[np.float32]
    labels: NDArray[np.int32]
    anchors: NDArray[np.float32]

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


def choose_weights(
    training: TrainingSet, neighbor_weights: Sequence[float] = NEIGHBOR_WEIGHTS
) -> Weights:
    """The weights on the grid that leave-one-out accuracy speaks for, else the default ones.

    The default stands unless others are right on more examples by CLEAR_ERRORS standard errors
    of the paired difference; then those nearest to the default on the grid that are not worse
    than the best by as much.

    An example that is alone in its category has no vote: left out, it leaves the bare anchor,
    against which the other categories look the better the less of their anchor is in them.
    Where nothing has a vote, no category has a second example to be near to, and the
    neighbour's weight is 0.
    """
    labels, has_vote = training.labels, training.has_vote
    if not has_vote.any():
        return Weights(DEFAULT_WEIGHTS.anchor, 0.0)
    closest = _closest_others(training)
    is_right = {}
    for anchor in ANCHOR_WEIGHTS:
        cosines = _prototype_cosines(training, anchor)
        for neighbor in neighbor_weights:
            best = _blend(cosines, closest, neighbor).argmax(axis=1)
            is_right[Weights(anchor, neighbor)] = (best == labels)[has_vote]
    by_distance = sorted(is_right, key=_steps_from_default)
    best_weights = max(by_distance, key=lambda weights: int(is_right[weights].sum()))
    return next(
        weights
        for weights in by_distance
        if not _is_clearly_better(is_right[best_weights], is_right[weights])
    )


def _steps_from_default(weights: Weights) -> int:
    return sum(
        abs(grid.index(weight) - grid.index(default))
        for grid, weight, default in (
            (ANCHOR_WEIGHTS, weights.anchor, DEFAULT_WEIGHTS.anchor),
            (NEIGHBOR_WEIGHTS, weights.neighbor, DEFAULT_WEIGHTS.neighbor),
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
