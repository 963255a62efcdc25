"""The second opinion of a version: chosen and judged by cross-validation over merchants."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classifier.engine.linear import SecondOpinion, softmax
from classifier.exceptions import TrainingError
from classifier.training.folds import Indexes, deal_folds
from classifier.training.linear import fit_linear, linear_logits
from classifier.training.prototypes import (
    TrainingSet,
    Weights,
    best_supported,
    held_out_scores,
)

FOLDS = 5
SHARPNESS = 10.0
# Of the linear classifier in the mean, and scikit-learn's C.
SHARES = (0.35, 0.5, 0.65, 0.8)
REGULARIZATIONS = (2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Blend:
    """How the linear classifier is fitted, and its share in the mean of both opinions."""

    share: float
    regularization: float


# docs/decisions/0007-second-opinion.md has the measurements.
DEFAULT_BLEND = Blend(share=0.5, regularization=5.0)


@dataclass(frozen=True)
class Wording:
    """What a second opinion reads beside the vectors.

    `texts` (n) are the canonical texts of a TrainingSet's rows, `names` (c) those of the
    categories; rows of equal `groups` (n,) are of one merchant and stay in one fold.
    """

    texts: Sequence[str]
    names: Sequence[str]
    groups: Indexes


@dataclass(frozen=True)
class Judged:
    """A second opinion, and what a version with it says of each example in whose fold nothing was
    learned: `scores` (n, c) and the highest `similarities` (n,)."""

    second: SecondOpinion
    blend: Blend
    scores: NDArray[np.float64]
    similarities: NDArray[np.float32]


def choose_second_opinion(training: TrainingSet, weights: Weights, wording: Wording) -> Judged:
    """Fit the linear classifier, with the regularization and share on the grid that
    cross-validation speaks for; the default ones stand unless others are clearly better.

    The evidence of `training` is mixed in already. Raises TrainingError where all is of one group.
    """
    if len(np.unique(wording.groups)) < 2:
        raise TrainingError("All examples are of one merchant; nothing can be left out.")
    folds = deal_folds(wording.groups, training.labels, FOLDS)
    similarities = np.full((len(training.labels), len(training.anchors)), -1, dtype=np.float32)
    logits = {value: np.zeros_like(similarities) for value in REGULARIZATIONS}
    for fold in np.unique(folds):
        inside = folds == fold
        rest = _rows(training, ~inside)
        texts = [text for text, is_in in zip(wording.texts, inside, strict=True) if is_in]
        others = [text for text, is_in in zip(wording.texts, inside, strict=True) if not is_in]
        vectors = training.vectors[inside]
        similarities[inside] = held_out_scores(rest, vectors, weights)
        for value, rows in logits.items():
            rows[inside] = linear_logits(
                fit_linear(rest, others, wording.names, value), vectors, texts
            )
    scores = {
        Blend(share, value): mean_opinion(similarities, rows, share)
        for value, rows in logits.items()
        for share in SHARES
    }
    is_right = {blend: each.argmax(axis=1) == training.labels for blend, each in scores.items()}
    blend = best_supported(is_right, sorted(is_right, key=_steps))
    linear = fit_linear(training, wording.texts, wording.names, blend.regularization)
    return Judged(
        SecondOpinion(linear, blend.share, SHARPNESS),
        blend,
        scores[blend],
        similarities.max(axis=1),
    )


def mean_opinion(
    similarities: NDArray[np.float32], logits: NDArray[np.float32], share: float
) -> NDArray[np.float64]:
    """The scores (n, c) of a version, as `DecisionRule` has them, from similarities and logits of
    the same shape; a similarity of -1 is off the shortlist."""
    listed = np.where(similarities > -1, SHARPNESS * similarities, -np.inf)
    return (1 - share) * softmax(listed) + share * softmax(logits)


def _rows(training: TrainingSet, chosen: NDArray[np.bool_]) -> TrainingSet:
    return replace(training, vectors=training.vectors[chosen], labels=training.labels[chosen])


def _steps(blend: Blend) -> int:
    """How far from the default ones on the grid."""
    return sum(
        abs(grid.index(value) - grid.index(usual))
        for grid, value, usual in (
            (SHARES, blend.share, DEFAULT_BLEND.share),
            (REGULARIZATIONS, blend.regularization, DEFAULT_BLEND.regularization),
        )
    )
