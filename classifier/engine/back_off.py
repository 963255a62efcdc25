"""The primary category, where the detailed one is unsure and the primary one is not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.calibration import Calibration
from classifier.engine.types import CategoryInfo, Level, PrimaryAnswer


@dataclass(frozen=True)
class PrimarySet:
    """The primary categories of detailed ones: `primary_of` (c,) has each one's place among
    `slugs` and `names` (p)."""

    slugs: tuple[str, ...]
    names: tuple[str, ...]
    primary_of: NDArray[np.intp]

    @classmethod
    def of(cls, categories: tuple[CategoryInfo, ...]) -> "PrimarySet":
        names = {category.primary_slug: category.primary_name for category in categories}
        place = {slug: index for index, slug in enumerate(names)}
        return cls(
            tuple(names),
            tuple(names.values()),
            np.array([place[category.primary_slug] for category in categories], dtype=np.intp),
        )

    def scores(
        self, scores: NDArray[np.floating], places: NDArray[np.intp], *, are_shares: bool
    ) -> NDArray[np.float64]:
        """Scores (n, p) from those (n, f) of the detailed categories at `places` (f,).

        Probabilities add up; of similarities the highest counts, and -1, the least, where none of
        a primary's categories has one.
        """
        result = np.full((len(scores), len(self.slugs)), 0.0 if are_shares else -1.0)
        join = np.add if are_shares else np.maximum
        join.at(result.T, self.primary_of[places], scores.T)
        return result


@dataclass(frozen=True, slots=True)
class BackOff:
    """How sure a primary category is where the detailed one is not.

    `calibration` is of its score and margin; from the confidences `high` and `medium` on it keeps
    those levels' promises, None where no bound does. Under them it is not given.
    """

    calibration: Calibration
    high: float | None
    medium: float | None

    def answer(self, primaries: PrimarySet, scores: NDArray[np.float64]) -> PrimaryAnswer | None:
        """From the scores (p,) of the primary categories."""
        best = int(scores.argmax())
        score = float(scores[best])
        margin = score - float(np.partition(scores, -2)[-2]) if len(scores) > 1 else score
        confidence = self.calibration.confidence(score, margin)
        level = self._level(confidence)
        if level is None:
            return None
        return PrimaryAnswer(primaries.slugs[best], primaries.names[best], confidence, level)

    def _level(self, confidence: float) -> Level | None:
        if self.high is not None and confidence >= self.high:
            return Level.HIGH
        if self.medium is not None and confidence >= self.medium:
            return Level.MEDIUM
        return None
