"""Category prototypes from labelled vectors, and how well they do on texts left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.prototypes import unit

ANCHOR_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


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
    """The weight in ANCHOR_WEIGHTS with the best leave-one-out accuracy; the least of equals."""
    return max(
        ANCHOR_WEIGHTS,
        key=lambda weight: (
            float((leave_one_out_scores(training, weight).argmax(1) == training.labels).mean()),
            -weight,
        ),
    )


def _sums(training: TrainingSet) -> NDArray[np.float32]:
    sums = np.zeros_like(training.anchors)
    np.add.at(sums, training.labels, training.vectors)
    return sums
