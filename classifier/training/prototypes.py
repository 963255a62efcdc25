"""Category prototypes from labelled vectors, and how well they do on texts left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.decision import SHORTLIST
from classifier.engine.prototypes import unit

ANCHOR_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
# Within one point of the best fixed weight on unseen merchants of four sets of real descriptors
# at 1 to 20 examples a category. Leave-one-out over few examples chose worse than this, as its
# accuracies at neighbouring weights differ by less than their error.
DEFAULT_ANCHOR_WEIGHT = 2.0
NEIGHBOR_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4)
# Measured likewise: +2 to +5 points from 20 examples a category on, nothing lost at 5.
DEFAULT_NEIGHBOR_WEIGHT = 0.3
# One-sided 95%.
CLEAR_ERRORS = 1.645
# Rows of the similarity matrix in memory at once.
CHUNK = 1024


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


def leave_one_out_scores(
    training: TrainingSet, anchor_weight: float, neighbor_weight: float = 0.0
) -> NDArray[np.float32]:
    """Each example's score in each category, as if the example had never been given; (n, c).

    As `DecisionRule` scores: prototype and nearest example of the categories whose prototypes
    are nearest. A category left with neither example nor anchor scores 0; one without another
    example has no neighbour, and its prototype stands for both.
    """
    cosines = _prototype_cosines(training, anchor_weight)
    return (
        _blend(cosines, _closest_others(training), neighbor_weight) if neighbor_weight else cosines
    )


def choose_anchor_weight(training: TrainingSet) -> float:
    """The weight in ANCHOR_WEIGHTS that leave-one-out accuracy speaks for, else the default.

    An example that is alone in its category has no vote: left out, it leaves the bare anchor,
    against which the other categories look the better the less of their anchor is in them.
    """
    labels, has_vote = training.labels, training.has_vote
    if not has_vote.any():
        return DEFAULT_ANCHOR_WEIGHT
    is_right = {
        weight: (_prototype_cosines(training, weight).argmax(axis=1) == labels)[has_vote]
        for weight in ANCHOR_WEIGHTS
    }
    return _choose(is_right, DEFAULT_ANCHOR_WEIGHT)


def choose_neighbor_weight(training: TrainingSet, anchor_weight: float) -> float:
    """The weight in NEIGHBOR_WEIGHTS that leave-one-out accuracy speaks for, else the default.

    0 where no category has two examples: a lone example is its prototype already.
    """
    labels, has_vote = training.labels, training.has_vote
    if not has_vote.any():
        return 0.0
    cosines = _prototype_cosines(training, anchor_weight)
    closest = _closest_others(training)
    is_right = {
        weight: (_blend(cosines, closest, weight).argmax(axis=1) == labels)[has_vote]
        for weight in NEIGHBOR_WEIGHTS
    }
    return _choose(is_right, DEFAULT_NEIGHBOR_WEIGHT)


def _choose(is_right: dict[float, NDArray[np.bool_]], default: float) -> float:
    """The default, unless another value is right on more examples by CLEAR_ERRORS standard
    errors of the paired difference; then the value nearest to the default that is not worse by
    as much than the best. `is_right` (n,) by value, in the order of the grid."""
    grid = list(is_right)
    by_distance = sorted(grid, key=lambda value: abs(grid.index(value) - grid.index(default)))
    best = max(by_distance, key=lambda value: int(is_right[value].sum()))
    return next(
        value for value in by_distance if not _is_clearly_better(is_right[best], is_right[value])
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
