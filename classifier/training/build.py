"""From labelled texts to all that a version holds but its files."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.engine.back_off import BackOff
from classifier.engine.calibration import Calibration
from classifier.engine.decision import Bounds
from classifier.engine.held_out import HeldOut
from classifier.engine.linear import SecondOpinion
from classifier.engine.prototypes import ExampleSet, PrototypeSet
from classifier.engine.shares import wilson_interval
from classifier.engine.types import CategoryInfo
from classifier.exceptions import TrainingError
from classifier.training.back_off import BackOffFigures, fit_back_off
from classifier.training.calibration import (
    LevelFigures,
    Scored,
    choose_bounds,
    cross_fitted_confidences,
    fit_calibration,
    is_answered,
    measure_levels,
)
from classifier.training.evaluation import (
    expected_calibration_error,
    macro_f1,
    precision_and_recall,
)
from classifier.training.prototypes import (
    NEIGHBOR_WEIGHTS,
    TrainingSet,
    build_prototypes,
    choose_weights,
    leave_one_out_scores,
)
from classifier.training.risk_coverage import PrecisionTarget, RiskCoverage
from classifier.training.second_opinion import Wording, choose_second_opinion

LEAVE_ONE_OUT = "leave-one-out"
CROSS_VALIDATION = "cross-validation over merchants"


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """Out-of-sample figures of one category; None where nothing can be said."""

    slug: str
    examples: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class BuildFigures:
    """What was measured while building; all shares are of the examples, each judged by what was
    built without it: `method` says how."""

    method: str
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
    calibration_error: float
    anchor_weight: float
    neighbor_weight: float
    merchant_weight: float
    linear_share: float
    regularization: float | None
    precision_target: PrecisionTarget | None
    examples: int
    levels: tuple[LevelFigures, ...]
    categories: tuple[CategoryFigures, ...]
    back_off: BackOffFigures

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class BuiltVersion:
    prototypes: PrototypeSet
    anchors: NDArray[np.float32]
    examples: ExampleSet
    neighbor_weight: float
    merchant_weight: float
    calibration: Calibration
    bounds: Bounds
    figures: BuildFigures
    second: SecondOpinion | None
    held_out: HeldOut
    back_off: BackOff | None


def build(
    categories: Sequence[CategoryInfo],
    texts: Sequence[str],
    training: TrainingSet,
    abstain_below: float,
    neighbor_weights: Sequence[float] = NEIGHBOR_WEIGHTS,
    wording: Wording | None = None,
    precision_target: float | None = None,
) -> BuiltVersion:
    """Build prototypes, calibrate, set the level bounds, measure.

    `texts[i]` is the text of `training.vectors[i]`; `categories[j]` that of `anchors[j]`. With
    `wording` a linear classifier decides beside the prototypes. With `precision_target` the version
    abstains below the lowest confidence that keeps it, or comes nearest; never under
    `abstain_below`.
    Raises TrainingError where there are fewer than two categories or a category has no example.
    """
    counts = training.counts
    if len(categories) < 2:
        raise TrainingError(f"{len(categories)} categories have examples; at least 2 are needed.")
    empty = [category.slug for category, count in zip(categories, counts, strict=True) if not count]
    if empty:
        raise TrainingError(f"No example in: {', '.join(empty)}.")
    weights = choose_weights(training, neighbor_weights)
    text_vectors = training.vectors
    training = training.with_merchants(weights.merchant)
    judged = None if wording is None else choose_second_opinion(training, weights, wording)
    scores: NDArray[np.floating]
    if judged is None:
        scores = leave_one_out_scores(training, weights)
        scored = Scored.of(scores, training.labels)
    else:
        scores = judged.scores
        scored = Scored.of(scores, training.labels, judged.similarities)
    confidence = cross_fitted_confidences(scored)
    bounds = choose_bounds(confidence, scored, abstain_below)
    target = None
    if precision_target is not None:
        target = _target(confidence, scored, bounds, precision_target)
        if target.answering is not None:
            bounds = replace(bounds, abstain=target.answering.bound)
    predicted = scores.argmax(axis=1)
    order = np.argsort(training.labels, kind="stable")
    held_out = HeldOut(
        predicted.astype(np.int32), confidence, is_answered(confidence, scored, bounds)
    )
    is_far = scored.similarity < bounds.min_score
    back_off, back_off_figures = fit_back_off(
        categories,
        scores,
        training.labels,
        ~bounds.at_least_medium(confidence) & ~is_far,
        are_shares=judged is not None,
    )
    right = int(scored.is_right.sum())
    low, high = wilson_interval(right, len(texts))
    by_category = []
    for index, category in enumerate(categories):
        precision, recall = precision_and_recall(training.labels, predicted, index)
        by_category.append(CategoryFigures(category.slug, int(counts[index]), precision, recall))
    return BuiltVersion(
        prototypes=PrototypeSet(tuple(categories), build_prototypes(training, weights.anchor)),
        anchors=training.anchors,
        examples=ExampleSet(
            texts=tuple(texts[index] for index in order),
            labels=training.labels[order],
            vectors=training.vectors[order],
            text_vectors=text_vectors[order],
            categories=tuple(categories),
        ),
        neighbor_weight=weights.neighbor,
        merchant_weight=weights.merchant,
        calibration=fit_calibration(scored),
        bounds=bounds,
        second=None if judged is None else judged.second,
        held_out=held_out[order],
        back_off=back_off,
        figures=BuildFigures(
            method=LEAVE_ONE_OUT if judged is None else CROSS_VALIDATION,
            accuracy=right / len(texts),
            accuracy_low=low,
            accuracy_high=high,
            macro_f1=macro_f1(training.labels, predicted, len(categories)),
            calibration_error=expected_calibration_error(confidence, scored.is_right),
            anchor_weight=weights.anchor,
            neighbor_weight=weights.neighbor,
            merchant_weight=weights.merchant,
            linear_share=0.0 if judged is None else judged.blend.share,
            regularization=None if judged is None else judged.blend.regularization,
            precision_target=target,
            examples=len(texts),
            levels=tuple(measure_levels(confidence, scored, bounds)),
            categories=tuple(by_category),
            back_off=back_off_figures,
        ),
    )


def _target(
    confidence: NDArray[np.float64], scored: Scored, bounds: Bounds, wanted: float
) -> PrecisionTarget:
    is_near = scored.similarity >= bounds.min_score
    curve = RiskCoverage.of(confidence, scored.is_right, is_near)
    return PrecisionTarget.of(curve.reach(wanted, bounds.abstain))


def label_indexes(slugs: Sequence[str], categories: Sequence[CategoryInfo]) -> np.ndarray:
    """Each slug's place in `categories`, (n,) int32."""
    place = {category.slug: index for index, category in enumerate(categories)}
    return np.array([place[slug] for slug in slugs], dtype=np.int32)
