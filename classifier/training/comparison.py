"""How often two encoders decide otherwise."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from classifier.engine.shares import Share
from classifier.exceptions import TrainingError
from classifier.training.paired import paired_difference_interval
from classifier.training.prototypes import (
    DEFAULT_WEIGHTS,
    TrainingSet,
    Weights,
    leave_one_out_scores,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate beside a reference, by leave-one-out over the same labelled texts.

    `changed` counts texts whose best category differs. `difference` is candidate minus
    reference accuracy in percentage points, with its 95% interval.
    """

    changed: Share
    reference_accuracy: float
    candidate_accuracy: float
    difference: float
    difference_low: float
    difference_high: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compare_training(
    reference: TrainingSet,
    candidate: TrainingSet,
    weights: Weights = DEFAULT_WEIGHTS,
    counted: NDArray[np.bool_] | None = None,
) -> Comparison:
    """Leave each text out of both sets in turn and decide on it.

    The sets hold two encoders' vectors of the same texts; each builds its own prototypes, mixed
    by the same `weights`. All texts vote, those in `counted` (n,) are counted; None: all.
    Raises TrainingError where the labels differ or nothing is counted.
    """
    if not np.array_equal(reference.labels, candidate.labels):
        raise TrainingError("The two sets hold different texts: their labels differ.")
    counted = np.full(len(reference.labels), True) if counted is None else counted
    if not counted.any():
        raise TrainingError("There is no text to compare on.")
    labels = reference.labels[counted]
    ones = leave_one_out_scores(reference, weights).argmax(axis=1)[counted]
    others = leave_one_out_scores(candidate, weights).argmax(axis=1)[counted]
    was_right, is_right = ones == labels, others == labels
    low, high = paired_difference_interval(is_right, was_right)
    return Comparison(
        changed=Share.of(int((ones != others).sum()), len(labels)),
        reference_accuracy=float(was_right.mean()),
        candidate_accuracy=float(is_right.mean()),
        difference=100 * float(is_right.mean() - was_right.mean()),
        difference_low=100 * low,
        difference_high=100 * high,
    )


def expected_changes(
    reference: TrainingSet,
    candidate: TrainingSet,
    weights: Weights = DEFAULT_WEIGHTS,
) -> float:
    """The share of decisions that the candidate is expected to change.

    Steadier than the count, which on a few hundred texts is a handful. What the candidate does
    to the lead of a text's best category over the second is taken for normal noise of one size
    for all texts: a text of lead m changes with probability Phi(-m / s), s being the root mean
    square of the leads' changes.
    """
    before = leave_one_out_scores(reference, weights)
    after = leave_one_out_scores(candidate, weights)
    rows = np.arange(len(before))
    second, best = np.argsort(before, axis=1, kind="stable")[:, -2:].T
    leads = before[rows, best] - before[rows, second]
    moved = after[rows, best] - after[rows, second] - leads
    # Off the shortlist a category scores -1, which is no small change.
    is_scored = (after[rows, second] > -1) & (after[rows, best] > -1)
    size = float(np.sqrt((moved[is_scored] ** 2).mean())) if is_scored.any() else 0.0
    if not size:
        return 0.0
    return float(ndtr(-leads.astype(float) / size).mean())
