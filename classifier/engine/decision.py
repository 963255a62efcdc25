"""From scores to an answer, or to none with its reason."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.back_off import BackOff, PrimarySet
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
    PrimaryAnswer,
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

    def at_least_medium(self, confidence: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Where the level is HIGH or MEDIUM, of confidences (n,)."""
        lowest = min((bound for bound in (self.high, self.medium) if bound is not None), default=2)
        sure: NDArray[np.bool_] = confidence >= lowest
        return sure


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
    primary: PrimaryAnswer | None = None

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
            primary=self.primary,
            is_cached=is_cached,
            timings=timings,
        )


NO_TEXT = Verdict(category=None, level=Level.ABSTAIN, reason=Reason.NO_TEXT)
NO_CATEGORY = Verdict(category=None, level=Level.ABSTAIN, reason=Reason.NO_CATEGORY)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The best of the fitting categories, best first, the highest similarity of any, and the
    `scores` of the categories at `places`."""

    alternatives: tuple[Alternative, ...]
    similarity: float
    scores: NDArray[np.floating]
    places: NDArray[np.intp]


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
        back_off: BackOff | None = None,
    ) -> None:
        self.prototypes = prototypes
        self.examples = examples
        self.neighbor_weight = neighbor_weight
        self.calibration = calibration
        self.bounds = bounds
        self.second = second
        self.back_off = back_off
        self._primaries = PrimarySet.of(tuple(prototypes.categories))
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
        category = None if reason else ranked[0].category
        level = Level.ABSTAIN if reason else self.bounds.level(confidence)
        is_unsure = level is Level.LOW or reason is Reason.LOW_CONFIDENCE
        return Verdict(
            category=category,
            level=level,
            reason=reason,
            confidence=confidence,
            score=score,
            margin=margin,
            alternatives=ranked[:ALTERNATIVES] if reason else ranked[1:],
            primary=self._primary(found, category) if is_unsure else None,
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
            scores,
            fitting[places],
        )

    def _primary(self, found: _Ranked, category: CategoryInfo | None) -> PrimaryAnswer | None:
        """None too where it would contradict the category that is given, if unsurely."""
        if self.back_off is None:
            return None
        scores = self._primaries.scores(
            found.scores[None], found.places, are_shares=self.second is not None
        )
        primary = self.back_off.answer(self._primaries, scores[0])
        if primary is None or category is None or category.primary_slug == primary.slug:
            return primary
        return None

    def _reason_to_abstain(self, similarity: float, confidence: float) -> Reason | None:
        if similarity < self.bounds.min_score:
            return Reason.FAR_FROM_ALL
        if confidence < self.bounds.abstain:
            return Reason.LOW_CONFIDENCE
        return None
