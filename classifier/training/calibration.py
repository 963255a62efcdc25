"""Fitting confidence and the levels on scores of texts that the prototypes have not seen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from classifier.engine.calibration import Calibration
from classifier.engine.decision import Bounds
from classifier.engine.shares import wilson_interval
from classifier.engine.types import Level

FOLDS = 5
HIGH_PRECISION = 0.95
MEDIUM_PRECISION = 0.80
# Answers in a level before its precision is believed.
MIN_LEVEL_SIZE = 30
# The share of build examples that lie nearest to nothing; a text below them is far from all.
FAR_QUANTILE = 0.005


@dataclass(frozen=True)
class Scored:
    """The best category of each text: `score`, `margin` and `is_right`, and how near the text is to
    any: `similarity`; each of shape (n,)."""

    score: NDArray[np.float64]
    margin: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    similarity: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        scores: NDArray[np.floating],
        labels: NDArray[np.int32],
        similarity: NDArray[np.floating] | None = None,
    ) -> "Scored":
        """From scores (n, c) and true labels (n,); without `similarity` the scores are that."""
        rows = np.arange(len(scores))
        best = scores.argmax(axis=1)
        score = scores[rows, best].astype(np.float64)
        if scores.shape[1] > 1:
            second = np.partition(scores, -2, axis=1)[:, -2].astype(np.float64)
        else:
            second = np.zeros_like(score)
        near = score if similarity is None else similarity.astype(np.float64)
        return cls(score, score - second, best == labels, near)

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "Scored":
        return Scored(
            self.score[chosen],
            self.margin[chosen],
            self.is_right[chosen],
            self.similarity[chosen],
        )


@dataclass(frozen=True, slots=True)
class LevelFigures:
    """A level as measured: share right with its 95% interval, and share of answers in it."""

    level: Level
    bound: float | None
    size: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    coverage: float


def fit_calibration(scored: Scored, penalty: float = 1.0) -> Calibration:
    """Logistic regression of `is_right` on score and margin, by maximum likelihood.

    `penalty` is an L2 weight on the two slopes (not on the intercept), in units of one
    observation: it keeps them finite where the answers are all right or all wrong. Neither
    slope is negative: a nearer text is never less sure, whatever a few examples happen to say.
    Features are standardized for the fit and scaled back.
    """
    features = np.column_stack([scored.score, scored.margin])
    center, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale == 0] = 1.0
    design = np.column_stack([np.ones(len(features)), (features - center) / scale])
    # Platt's smoothed targets: a class that never fails is not claimed to be certain.
    right, wrong = scored.is_right.sum(), (~scored.is_right).sum()
    targets = np.where(scored.is_right, (right + 1) / (right + 2), 1 / (wrong + 2))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = design @ weights
        value = (np.logaddexp(0, logits) - targets * logits).sum()
        gradient = design.T @ (expit(logits) - targets)
        value += penalty / 2 * (weights[1:] ** 2).sum()
        gradient[1:] += penalty * weights[1:]
        return float(value), gradient

    bounds = [(None, None), (0.0, None), (0.0, None)]
    weights = minimize(loss, np.zeros(3), jac=True, method="L-BFGS-B", bounds=bounds).x
    slopes = weights[1:] / scale
    return Calibration(
        intercept=float(weights[0] - slopes @ center),
        score_weight=float(slopes[0]),
        margin_weight=float(slopes[1]),
    )


def confidences(calibration: Calibration, scored: Scored) -> NDArray[np.float64]:
    """Probabilities of being right, shape (n,)."""
    return np.array(
        [
            calibration.confidence(score, margin)
            for score, margin in zip(scored.score.tolist(), scored.margin.tolist(), strict=True)
        ]
    )


def cross_fitted_confidences(scored: Scored, seed: int = 0) -> NDArray[np.float64]:
    """Each text's confidence by a calibration fitted without it, in FOLDS folds; shape (n,)."""
    folds = np.random.default_rng(seed).permutation(len(scored.score)) % FOLDS
    result = np.zeros(len(scored.score))
    for fold in range(FOLDS):
        inside = folds == fold
        if inside.any() and not inside.all():
            result[inside] = confidences(fit_calibration(scored[~inside]), scored[inside])
    return result


def choose_bounds(confidence: NDArray[np.float64], scored: Scored, abstain_below: float) -> Bounds:
    """The lowest bounds at which the levels keep their promises.

    A level's promise is kept where the lower end of the 95% Wilson interval of the share
    right, among answers in the level, reaches it. Where no bound does, the level is not given.
    """
    high = _lowest_bound(confidence, scored.is_right, HIGH_PRECISION)
    under_high = np.full(len(confidence), True) if high is None else confidence < high
    medium = _lowest_bound(confidence[under_high], scored.is_right[under_high], MEDIUM_PRECISION)
    return Bounds(
        high=high,
        medium=medium,
        abstain=abstain_below,
        min_score=float(np.quantile(scored.similarity, FAR_QUANTILE)),
    )


def is_answered(
    confidence: NDArray[np.float64], scored: Scored, bounds: Bounds
) -> NDArray[np.bool_]:
    """Where the engine would not abstain, (n,)."""
    answered: NDArray[np.bool_] = (confidence >= bounds.abstain) & (
        scored.similarity >= bounds.min_score
    )
    return answered


def measure_levels(
    confidence: NDArray[np.float64], scored: Scored, bounds: Bounds
) -> list[LevelFigures]:
    """What each level keeps, on the same texts, best level first, abstentions last."""
    answered = is_answered(confidence, scored, bounds)
    levels = np.array(
        [
            bounds.level(value) if is_given else Level.ABSTAIN
            for value, is_given in zip(confidence.tolist(), answered.tolist(), strict=True)
        ]
    )
    starts = {
        Level.HIGH: bounds.high,
        Level.MEDIUM: bounds.medium,
        Level.LOW: bounds.abstain,
        Level.ABSTAIN: None,
    }
    return [_figures(level, start, levels == level, scored) for level, start in starts.items()]


def _figures(
    level: Level, bound: float | None, chosen: NDArray[np.bool_], scored: Scored
) -> LevelFigures:
    size, right = int(chosen.sum()), int(scored.is_right[chosen].sum())
    low, high = wilson_interval(right, size) if size else (None, None)
    return LevelFigures(
        level=level,
        bound=bound,
        size=size,
        precision=right / size if size else None,
        precision_low=low,
        precision_high=high,
        coverage=size / len(chosen),
    )


def _lowest_bound(
    confidence: NDArray[np.float64], is_right: NDArray[np.bool_], promise: float
) -> float | None:
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(is_right[order])
    best = None
    for size in range(MIN_LEVEL_SIZE, len(order) + 1):
        is_tie = size < len(order) and confidence[order[size]] == confidence[order[size - 1]]
        if not is_tie and wilson_interval(int(right[size - 1]), size)[0] >= promise:
            best = float(confidence[order[size - 1]])
    return best
