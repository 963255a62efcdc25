"""Figures that say how good answers are."""

import numpy as np
from numpy.typing import NDArray


def macro_f1(truth: NDArray[np.integer], predicted: NDArray[np.integer], categories: int) -> float:
    """The mean F1 over categories that occur in `truth` or `predicted`.

    A prediction of -1 (abstained) counts as a miss. 2 tp / (2 tp + fp + fn) a category.
    """
    answered = predicted >= 0
    true_count = np.bincount(truth, minlength=categories)
    predicted_count = np.bincount(predicted[answered], minlength=categories)
    right = np.bincount(truth[truth == predicted], minlength=categories)
    present = (true_count + predicted_count) > 0
    f1 = 2 * right[present] / (true_count + predicted_count)[present]
    return float(f1.mean()) if f1.size else 0.0


def expected_calibration_error(
    confidence: NDArray[np.float64], is_right: NDArray[np.bool_], bins: int = 15
) -> float:
    """The mean gap between confidence and share right, over bins of equal width, by size.

    Guo et al., "On calibration of modern neural networks" (2017), eq. 3.
    """
    if not len(confidence):
        return 0.0
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    size = np.bincount(index, minlength=bins)
    gap = np.abs(
        np.bincount(index, weights=confidence, minlength=bins)
        - np.bincount(index, weights=is_right.astype(float), minlength=bins)
    )
    return float(gap[size > 0].sum() / size.sum())


def calibration_error_by_chance(
    confidence: NDArray[np.float64], texts: NDArray[np.int64], draws: int = 200, seed: int = 0
) -> float:
    """The mean `expected_calibration_error` of confidences (n,) that are exactly right: what is
    left of it for so many texts, found by drawing whether each is right.

    Rows of equal `texts` (n,) are of one text, judged several times: its luck is drawn once.
    """
    rng = np.random.default_rng(seed)
    luck = (rng.random(int(texts.max()) + 1)[texts] for _ in range(draws))
    found = [expected_calibration_error(confidence, each < confidence) for each in luck]
    return float(np.mean(found))


def precision_and_recall(
    truth: NDArray[np.integer], predicted: NDArray[np.integer], category: int
) -> tuple[float | None, float | None]:
    """Of one category; None where nothing was predicted as it, or nothing is of it."""
    right = int(((truth == category) & (predicted == category)).sum())
    predicted_count, true_count = int((predicted == category).sum()), int((truth == category).sum())
    return (
        right / predicted_count if predicted_count else None,
        right / true_count if true_count else None,
    )
