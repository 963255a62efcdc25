"""From scores to an answer, or to none with its reason."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.calibration import Calibration
from classifier.engine.linear import SecondOpinion
from classifier.engine.merchants.types import MerchantMatch
from classifier.engine.prototypes import ExampleSet, PrototypeSet
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
# Categories whose examples are looked at: those with the nearest prototypes.
SHORTLIST = 10


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where the levels begin.

    `high` and `medium` are confidences, None where no bound keeps the level's promise on the
    examples: the level is then not given. Under the confidence `abstain` or the
    similarity `min_score` there is no answer.
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
    """A Decision but for its text, merchant, cache flag and timings."""

    category: CategoryInfo | None
    level: Level
    reason: Reason | None
    confidence: float | None = None
    score: float | None = None
    margin: float | None = None
    alternatives: tuple[Alternative, ...] = ()

    def decision(
        self,
        canonical_text: str,
        merchant: MerchantMatch | None,
        is_cached: bool,
        timings: Timings,
    ) -> Decision:
        return Decision(
            category=self.category,
            level=self.level,
            reason=self.reason,
            confidence=self.confidence,
            score=self.score,
            margin=self.margin,
            alternatives=self.alternatives,
            canonical_text=canonical_text,
            merchant=merchant,
            is_cached=is_cached,
            timings=timings,
        )


NO_TEXT = Verdict(category=None, level=Level.ABSTAIN, reason=Reason.NO_TEXT)
NO_CATEGORY = Verdict(category=None, level=Level.ABSTAIN, reason=Reason.NO_CATEGORY)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The best of the fitting categories, best first, and the highest similarity of any."""

    alternatives: tuple[Alternative, ...]
    similarity: float


class DecisionRule:
    """Picks the best fitting category and says how sure that is.

    A category's similarity is (1 - w) * cosine to its prototype + w * cosine to its nearest
    example, w being `neighbor_weight`: docs/decisions/0002-nearest-example.md. It is the score
    where there is no second opinion; else the score is the mean of both opinions, a probability
    before calibration: docs/decisions/0007-second-opinion.md.
    """

    def __init__(
        self,
        prototypes: PrototypeSet,
        examples: ExampleSet,
        neighbor_weight: float,
        calibration: Calibration,
        bounds: Bounds,
        second: SecondOpinion | None = None,
    ) -> None:
        self.prototypes = prototypes
        self.examples = examples
        self.neighbor_weight = neighbor_weight
        self.calibration = calibration
        self.bounds = bounds
        self.second = second
        flows = (None, *Direction)
        self._fitting = {flow: np.flatnonzero(prototypes.allowed(flow)) for flow in flows}

    def decide(
        self, vector: NDArray[np.float32], flow: Direction | None, canonical_text: str = ""
    ) -> Verdict:
        """Judge one unit vector (d,) and its text, which only a second opinion reads."""
        fitting = self._fitting[flow]
        if not fitting.size:
            return NO_CATEGORY
        found = self._rank(vector, fitting, canonical_text)
        ranked = found.alternatives
        score = ranked[0].score
        margin = score - ranked[1].score if len(ranked) > 1 else score
        confidence = self.calibration.confidence(score, margin)
        reason = self._reason_to_abstain(found.similarity, confidence)
        return Verdict(
            category=None if reason else ranked[0].category,
            level=Level.ABSTAIN if reason else self.bounds.level(confidence),
            reason=reason,
            confidence=confidence,
            score=score,
            margin=margin,
            alternatives=ranked[:ALTERNATIVES] if reason else ranked[1:],
        )

    def _rank(
        self, vector: NDArray[np.float32], fitting: NDArray[np.intp], canonical_text: str
    ) -> _Ranked:
        cosines = self.prototypes.scores(vector)[fitting]
        shortlist = np.argsort(-cosines, kind="stable")[:SHORTLIST]
        similarities = cosines[shortlist]
        weight = self.neighbor_weight
        if weight:
            closest = [self.examples.closest(vector, int(fitting[place])) for place in shortlist]
            similarities = (1 - weight) * similarities + weight * np.array(closest, np.float32)
        scores: NDArray[np.floating] = similarities
        places = shortlist
        if self.second is not None:
            logits = self.second.linear.logits(vector, canonical_text)[fitting]
            scores = self.second.mean(similarities, shortlist, logits)
            places = np.arange(len(fitting))
        best = np.argsort(-scores, kind="stable")[: ALTERNATIVES + 1]
        return _Ranked(
            tuple(
                Alternative(
                    self.prototypes.categories[int(fitting[places[place]])], float(scores[place])
                )
                for place in best
            ),
            float(similarities.max()),
        )

    def _reason_to_abstain(self, similarity: float, confidence: float) -> Reason | None:
        if similarity < self.bounds.min_score:
            return Reason.FAR_FROM_ALL
        if confidence < self.bounds.abstain:
            return Reason.LOW_CONFIDENCE
        return None
