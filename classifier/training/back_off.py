"""Fitting the back-off to a primary category on the texts whose detailed one is unsure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.back_off import BackOff, PrimarySet
from classifier.engine.shares import wilson_interval
from classifier.engine.types import CategoryInfo
from classifier.training.calibration import (
    MIN_LEVEL_SIZE,
    Scored,
    choose_bounds,
    cross_fitted_confidences,
    fit_calibration,
)


@dataclass(frozen=True, slots=True)
class BackOffFigures:
    """Of the `unsure` texts, `given` get a primary category, which is right in the share
    `precision`, with its 95% interval; None where none is given."""

    unsure: int
    given: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None


def fit_back_off(
    categories: Sequence[CategoryInfo],
    scores: NDArray[np.floating],
    labels: NDArray[np.int32],
    is_unsure: NDArray[np.bool_],
    *,
    are_shares: bool,
) -> tuple[BackOff | None, BackOffFigures]:
    """From the out-of-sample scores (n, c) of texts and their labels (n,).

    Only texts in `is_unsure` (n,) have a say: they are harder than the others, and the promise is
    made of them. None where they are fewer than MIN_LEVEL_SIZE, or there is one primary category.
    """
    primaries = PrimarySet.of(tuple(categories))
    unsure = int(is_unsure.sum())
    if unsure < MIN_LEVEL_SIZE or len(primaries.slugs) < 2:
        return None, BackOffFigures(unsure, 0, None, None, None)
    of_primaries = primaries.scores(
        scores[is_unsure], np.arange(scores.shape[1]), are_shares=are_shares
    )
    truth = primaries.primary_of[labels[is_unsure]].astype(np.int32)
    scored = Scored.of(of_primaries, truth)
    confidence = cross_fitted_confidences(scored)
    bounds = choose_bounds(confidence, scored, abstain_below=0.0)
    given = bounds.at_least_medium(confidence)
    right, size = int(scored.is_right[given].sum()), int(given.sum())
    low, high = wilson_interval(right, size) if size else (None, None)
    return (
        BackOff(fit_calibration(scored), bounds.high, bounds.medium),
        BackOffFigures(unsure, size, right / size if size else None, low, high),
    )
