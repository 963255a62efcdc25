"""From scores to an answer, or to none with its reason."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.calibration import Calibration
from classifier.engine.prototypes import PrototypeSet
from classifier.engine.types import (
    Alternative,
    CategoryInfo,
    Decision,
    Direction,
    Level,
    Reason,
    Timings,
)

ALTERNATIVES = 4


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the levels begin.

    `high` and `medium` are confidences, None where no bound keeps the level's promise on the
    examples: the level is then not given. Under the confidence `abstain` or the cosine
    `min_score` there is no answer.
    """

    high: float | None
    medium: float | None
    abstain: float
    min_score: float

    def level(self, confidence: float) -> Level:
        if self.high is not None and confidence >= self.high:
            return Level.HIGH
        if self.medium is not None and confidence >= self.medium:
            return Level.MEDIUM
        return Level.LOW


@dataclass(frozen=True, slots=True)
class Verdict:
    """A Decision but for its text, cache flag and timings."""

    category: CategoryInfo | None
    level: Level
    reason: Reason | None
    confidence: float | None = None
    score: float | None = None
    margin: float | None = None
    alternatives: tuple[Alternative, ...] = ()

    def decision(self, canonical_text: str, is_cached: bool, timings: Timings) -> Decision:
        return Decision(
            category=self.category,
            level=self.level,
            reason=self.reason,
            confidence=self.confidence,
            score=self.score,
            margin=self.margin,
            alternatives=self.alternatives,
            canonical_text=canonical_text,
            is_cached=is_cached,
            timings=timings,
        )


NO_TEXT = Verdict(category=None, level=Level.ABSTAIN, reason=Reason.NO_TEXT)
NO_CATEGORY = Verdict(category=None, level=Level.ABSTAIN, reason=Reason.NO_CATEGORY)


class DecisionRule:
    """Picks the nearest fitting prototype and says how sure that is."""

    def __init__(self, prototypes: PrototypeSet, calibration: Calibration, bounds: Bounds) -> None:
        self.prototypes = prototypes
        self.calibration = calibration
        self.bounds = bounds
        flows = (None, *Direction)
        self._fitting = {flow: np.flatnonzero(prototypes.allowed(flow)) for flow in flows}

    def decide(self, vector: NDArray[np.float32], flow: Direction | None) -> Verdict:
        """Judge one unit vector (d,)."""
        fitting = self._fitting[flow]
        if not fitting.size:
            return NO_CATEGORY
        scores = self.prototypes.scores(vector)[fitting]
        best = np.argsort(-scores, kind="stable")[: ALTERNATIVES + 1]
        ranked = tuple(
            Alternative(self.prototypes.categories[fitting[index]], float(scores[index]))
            for index in best
        )
        score = ranked[0].score
        margin = score - ranked[1].score if len(ranked) > 1 else score
        confidence = self.calibration.confidence(score, margin)
        reason = self._reason_to_abstain(score, confidence)
        return Verdict(
            category=None if reason else ranked[0].category,
            level=Level.ABSTAIN if reason else self.bounds.level(confidence),
            reason=reason,
            confidence=confidence,
            score=score,
            margin=margin,
            alternatives=ranked[:ALTERNATIVES] if reason else ranked[1:],
        )

    def _reason_to_abstain(self, score: float, confidence: float) -> Reason | None:
        if score < self.bounds.min_score:
            return Reason.FAR_FROM_ALL
        if confidence < self.bounds.abstain:
            return Reason.LOW_CONFIDENCE
        return None
