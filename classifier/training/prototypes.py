"""Category prototypes from labelled vectors, and how well they do on texts left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.prototypes import unit

ANCHOR_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
# Within one point of the best fixed weight on unseen merchants of four sets of real descriptors
# at 1 to 20 examples a category. Leave-one-out over few examples chose worse than this, as its
# accuracies at neighbouring weights differ by less than their error.
DEFAULT_ANCHOR_WEIGHT = 2.0
# One-sided 95%.
CLEAR_ERRORS = 1.645


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


def build_prototypes(training: TrainingSet, anchor_weight: float) -> NDArray[np.float32]:
    """One unit vector a category, shape (c, d).

    The anchor counts as `anchor_weight` examples, so its share falls as examples grow:
    unit(sum of the category's vectors + anchor_weight * anchor).
    """
    return unit(_sums(training) + np.float32(anchor_weight) * training.anchors)


def leave_one_out_scores(training: TrainingSet, anchor_weight: float) -> NDArray[np.float32]:
    """Cosine of each example to each prototype, its own category's built without it; (n, c).

    A category left with neither example nor anchor scores 0 for that example.
    """
    sums = _sums(training) + np.float32(anchor_weight) * training.anchors
    scores = training.vectors @ unit(sums).T
    without = unit(sums[training.labels] - training.vectors)
    rows = np.arange(len(training.labels))
    scores[rows, training.labels] = np.einsum("nd,nd->n", without, training.vectors)
    return np.asarray(scores, dtype=np.float32)


def choose_anchor_weight(training: TrainingSet) -> float:
    """The weight in ANCHOR_WEIGHTS that leave-one-out accuracy speaks for, else the default.

    DEFAULT_ANCHOR_WEIGHT stands unless another weight is right on more examples by
    CLEAR_ERRORS standard errors of the paired difference; then it is the weight nearest to the
    default that is not worse by as much than the best one. An example that is alone in its
    category has no vote: left out, it leaves the bare anchor, against which the other
    categories look the better the less of their anchor is in them.
    """
    has_vote = training.counts[training.labels] > 1
    if not has_vote.any():
        return DEFAULT_ANCHOR_WEIGHT
    labels = training.labels[has_vote]
    is_right = {
        weight: leave_one_out_scores(training, weight)[has_vote].argmax(axis=1) == labels
        for weight in ANCHOR_WEIGHTS
    }
    by_distance = sorted(ANCHOR_WEIGHTS, key=_distance_from_default)
    best = max(by_distance, key=lambda weight: int(is_right[weight].sum()))
    return next(
        weight for weight in by_distance if not _is_clearly_better(is_right[best], is_right[weight])
    )


def _distance_from_default(weight: float) -> int:
    """Steps in the grid."""
    return abs(ANCHOR_WEIGHTS.index(weight) - ANCHOR_WEIGHTS.index(DEFAULT_ANCHOR_WEIGHT))


def _is_clearly_better(ones: NDArray[np.bool_], others: NDArray[np.bool_]) -> bool:
    gain = ones.astype(float) - others
    standard_error = gain.std() / np.sqrt(len(gain))
    return bool(gain.mean() > CLEAR_ERRORS * standard_error)


def _sums(training: TrainingSet) -> NDArray[np.float32]:
    sums = np.zeros_like(training.anchors)
    np.add.at(sums, training.labels, training.vectors)
    return sums
