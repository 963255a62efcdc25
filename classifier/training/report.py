"""All that is said of a version by what it says of its own examples.

Every figure is of out-of-sample answers (`HeldOut`). Unless it is of what is answered alone, an
abstention counts by its best guess.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from classifier.engine.decision import Bounds
from classifier.engine.held_out import HeldOut
from classifier.engine.prototypes import ExampleSet
from classifier.engine.shares import Share
from classifier.engine.types import CategoryInfo
from classifier.training.evaluation import expected_calibration_error, macro_f1
from classifier.training.risk_coverage import RiskCoverage

BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The texts whose confidence is from `start` to `end`: their mean confidence, and how many of
    them were right."""

    start: float
    end: float
    confidence: float
    accuracy: Share


@dataclass(frozen=True, slots=True)
class CategoryReport:
    """Of the category at `index`. `examples` are of it, `named` are what it was the answer to,
    `right` are both; shares are None where there is nothing to take one of."""

    index: int
    examples: int
    named: int
    right: int

    @property
    def precision(self) -> float | None:
        return self.right / self.named if self.named else None

    @property
    def recall(self) -> float | None:
        return self.right / self.examples if self.examples else None

    @property
    def f1(self) -> float:
        both = self.examples + self.named
        return 2 * self.right / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Confusion:
    """Texts of one category that were taken for another. `examples` are their places in the
    ExampleSet, the surest first."""

    truth: int
    predicted: int
    examples: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """`texts`, `labels` (n,) and `held_out` are of the version's examples, n of them; `labels` and
    what is predicted are indexes into `categories`. `bounds` are the version's own."""

    texts: tuple[str, ...]
    labels: NDArray[np.int32]
    categories: tuple[CategoryInfo, ...]
    held_out: HeldOut
    bounds: Bounds

    @classmethod
    def of(cls, examples: ExampleSet, held_out: HeldOut, bounds: Bounds) -> "Report":
        return cls(examples.texts, examples.labels, tuple(examples.categories), held_out, bounds)

    @cached_property
    def is_right(self) -> NDArray[np.bool_]:
        right: NDArray[np.bool_] = self.held_out.predicted == self.labels
        return right

    @cached_property
    def accuracy(self) -> Share | None:
        return _right(self.is_right)

    @cached_property
    def answered(self) -> Share | None:
        """Of what is answered."""
        return _right(self.is_right[self.held_out.is_answered])

    @property
    def coverage(self) -> float:
        return float(self.held_out.is_answered.mean()) if len(self.texts) else 0.0

    @cached_property
    def macro_f1(self) -> float:
        return macro_f1(self.labels, self.held_out.predicted, len(self.categories))

    @cached_property
    def calibration_error(self) -> float:
        return expected_calibration_error(self.held_out.confidences, self.is_right)

    @cached_property
    def reliability(self) -> tuple[ReliabilityBin, ...]:
        """Of ten bins of equal width those that hold a text, least sure first."""
        confidences = self.held_out.confidences
        places = np.minimum((confidences * BINS).astype(int), BINS - 1)
        bins = []
        for place in range(BINS):
            inside = places == place
            accuracy = _right(self.is_right[inside])
            if accuracy is not None:
                mean = float(confidences[inside].mean())
                bins.append(ReliabilityBin(place / BINS, (place + 1) / BINS, mean, accuracy))
        return tuple(bins)

    @cached_property
    def curve(self) -> RiskCoverage:
        """Without the texts that are sure enough and yet not answered: they are far from all."""
        sure = self.held_out.confidences >= self.bounds.abstain
        is_far = sure & ~self.held_out.is_answered
        return RiskCoverage.of(self.held_out.confidences, self.is_right, ~is_far)

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """How many texts of category i were taken for category j, (c, c)."""
        return _crossed(self.labels, self.held_out.predicted, len(self.categories))

    @cached_property
    def primaries(self) -> tuple[str, ...]:
        """Names of the primary categories, in the order in which they come first."""
        names = {each.primary_slug: each.primary_name for each in self.categories}
        return tuple(names.values())

    @cached_property
    def primary_confusion(self) -> NDArray[np.int64]:
        """As `confusion`, of primary categories."""
        places = {
            slug: place
            for place, slug in enumerate(dict.fromkeys(x.primary_slug for x in self.categories))
        }
        place_of = np.array([places[each.primary_slug] for each in self.categories], dtype=np.int64)
        return _crossed(
            place_of[self.labels], place_of[self.held_out.predicted], len(self.primaries)
        )

    @cached_property
    def by_category(self) -> tuple[CategoryReport, ...]:
        """Of all categories, the lowest F1 first, of equal ones that with more examples."""
        counts = self.confusion
        reports = [
            CategoryReport(
                index,
                int(counts[index].sum()),
                int(counts[:, index].sum()),
                int(counts[index, index]),
            )
            for index in range(len(self.categories))
        ]
        return tuple(sorted(reports, key=lambda each: (each.f1, -each.examples, each.index)))

    @cached_property
    def confusions(self) -> tuple[Confusion, ...]:
        """Every pair that occurs, the most frequent first."""
        pairs: dict[tuple[int, int], list[int]] = {}
        for example in self._surest(np.flatnonzero(~self.is_right)):
            pair = int(self.labels[example]), int(self.held_out.predicted[example])
            pairs.setdefault(pair, []).append(example)
        found = [Confusion(*pair, tuple(examples)) for pair, examples in pairs.items()]
        return tuple(sorted(found, key=lambda each: -len(each.examples)))

    def wrong_of(self, category: int) -> tuple[int, ...]:
        """Examples of a category that were taken for another, or of another that were taken for
        it, the surest first."""
        touches = (self.labels == category) | (self.held_out.predicted == category)
        return tuple(self._surest(np.flatnonzero(touches & ~self.is_right)))

    def right_by_text(self) -> dict[tuple[str, str], bool]:
        """Whether each text was answered right, by the text and its category's slug."""
        slugs = [self.categories[label].slug for label in self.labels]
        return dict(zip(zip(self.texts, slugs, strict=True), self.is_right.tolist(), strict=True))

    def _surest(self, examples: NDArray[np.intp]) -> list[int]:
        order = np.argsort(-self.held_out.confidences[examples], kind="stable")
        surest: list[int] = examples[order].tolist()
        return surest


def _crossed(
    truth: NDArray[np.integer], predicted: NDArray[np.integer], size: int
) -> NDArray[np.int64]:
    cells = truth.astype(np.int64) * size + predicted
    counts: NDArray[np.int64] = np.bincount(cells, minlength=size * size).reshape(size, size)
    return counts


def _right(is_right: NDArray[np.bool_]) -> Share | None:
    return Share.of_any(int(is_right.sum()), len(is_right))
