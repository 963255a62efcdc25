"""From similarity to probability."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling on two features: P(right) = sigmoid(b + s * score + m * margin).

    Platt, "Probabilistic outputs for support vector machines" (1999), with the lead over the
    second category beside the score. Fitted in `classifier.training.calibration` on
    out-of-sample scores.
    """

    intercept: float
    score_weight: float
    margin_weight: float

    def confidence(self, score: float, margin: float) -> float:
        logit = self.intercept + self.score_weight * score + self.margin_weight * margin
        # The two forms are equal; each is used where its exponential cannot overflow.
        if logit >= 0:
            return 1 / (1 + math.exp(-logit))
        odds = math.exp(logit)
        return odds / (1 + odds)

    def confidences(
        self, scores: NDArray[np.floating], margins: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """`confidence` of many at once; shape is kept."""
        logits = self.intercept + self.score_weight * scores + self.margin_weight * margins
        powers: NDArray[np.float64] = np.exp(-np.logaddexp(0, -logits.astype(np.float64)))
        return powers
