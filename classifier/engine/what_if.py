"""What a version would answer to a sample of traffic if its examples were others.

All that was chosen when the version was built is held: the weights, the calibration, the bounds.
What an example moves is computed as `classifier.training.prototypes` has it: its category's
prototype, and the nearest example. Where a linear classifier would go is found, nearly, by
`classifier.engine.refit`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from classifier.engine.bundle import Bundle
from classifier.engine.decision import SHORTLIST
from classifier.engine.descriptors import normalize
from classifier.engine.linear import softmax
from classifier.engine.prototypes import unit
from classifier.engine.refit import Change, Grams, Refit
from classifier.engine.traffic import Snapshot, mixed_in
from classifier.engine.types import CategoryInfo, Direction

NO_ANSWER = -1
# Cosines of the same two vectors, computed in products of other shapes, differ by less.
ROUNDING = 1e-5


@dataclass(frozen=True)
class Addition:
    """An example that is new to a version: its category, its canonical text, and its unit vector
    (d,) with what its merchant sells mixed in. `anchor` (d,) is the embedding of the category's
    name and description, which is asked for only where the version does not know it."""

    category: CategoryInfo
    text: str
    vector: NDArray[np.float32]
    anchor: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Outcomes:
    """Decisions on n texts. `best` (n,) int32 are indexes into `categories`, NO_ANSWER where
    there is none; `confidence` (n,) float64 is of the best category, be it the answer or not, NaN
    where no category fits."""

    categories: tuple[CategoryInfo, ...]
    best: NDArray[np.int32]
    confidence: NDArray[np.float64]

    def category(self, index: int) -> CategoryInfo | None:
        """Of an index in `best`."""
        return None if index == NO_ANSWER else self.categories[index]


@dataclass
class _Columns:
    """What decisions are made from, a column a category: cosines to the prototype (n, c) and to
    the nearest example (n, c), and logits (n, c), None without a second opinion."""

    categories: list[CategoryInfo]
    cosines: NDArray[np.float32]
    closest: NDArray[np.float32]
    logits: NDArray[np.float32] | None

    def copied(self) -> "_Columns":
        return _Columns(
            self.categories.copy(), self.cosines.copy(), self.closest.copy(), self.logits
        )

    def add(self, category: CategoryInfo) -> None:
        """A column that a second opinion knows nothing of."""
        self.categories.append(category)
        empty = np.full((len(self.cosines), 1), -1, dtype=np.float32)
        self.cosines = np.hstack([self.cosines, empty])
        self.closest = np.hstack([self.closest, empty])
        if self.logits is not None:
            self.logits = np.hstack([self.logits, np.full_like(empty, -np.inf)])


class Retrial:
    """A version's decisions on a snapshot of traffic, as they are and as they would be.

    Safe under threads. Decisions on many texts at once: a cosine differs from the engine's in its
    last bits, so `before` and `after` are computed alike and compared with each other.
    """

    def __init__(self, bundle: Bundle, snapshot: Snapshot) -> None:
        findings = snapshot.findings
        self.bundle = bundle
        self.asked = snapshot.traffic.asked
        self.counts = snapshot.traffic.counts
        self._grams = findings.grams
        self._slugs = {
            category.slug: place for place, category in enumerate(bundle.prototypes.categories)
        }
        self._seen = mixed_in(bundle, snapshot.traffic.vectors, findings.kinds, findings.sureness)
        flows = [each.flow for each in self.asked]
        self._rows: dict[Direction | None, NDArray[np.intp]] = {
            flow: np.flatnonzero([each == flow for each in flows]) for flow in dict.fromkeys(flows)
        }
        self._columns = _Columns(
            list(bundle.prototypes.categories),
            self._seen @ bundle.prototypes.vectors.T,
            findings.closest,
            findings.logits,
        )
        self.before = self._decide(self._columns)

    def after(self, added: Sequence[Addition], removed: Sequence[int] = ()) -> Outcomes:
        """The decisions with examples added, and those at some rows of the bundle's taken away.

        A category that loses its last example is gone, as a build leaves it out.
        """
        columns = self._columns.copied()
        places = dict(self._slugs)
        by_place: dict[int, list[Addition]] = {
            int(self.bundle.examples.labels[row]): [] for row in removed
        }
        for addition in added:
            slug = addition.category.slug
            if slug not in places:
                places[slug] = len(columns.categories)
                columns.add(addition.category)
            by_place.setdefault(places[slug], []).append(addition)
        gone = {
            place
            for place, mine in by_place.items()
            if not self._replace(columns, place, mine, removed)
        }
        self._refit(columns, added, removed)
        return self._decide(columns, gone)

    def _refit(self, columns: _Columns, added: Sequence[Addition], removed: Sequence[int]) -> None:
        """Move the logits as a classifier fitted anew would. A category that it does not know
        stays without."""
        second, known, examples = self.bundle.second, self._slugs, self.bundle.examples
        changes = [
            Change(addition.vector, addition.text, known[addition.category.slug], 1)
            for addition in added
            if addition.category.slug in known
        ] + [
            Change(
                examples.vectors[row], normalize(examples.texts[row]), int(examples.labels[row]), -1
            )
            for row in removed
        ]
        if second is None or columns.logits is None or self._grams is None or not changes:
            return
        shift = self._linear_part.shift(changes)
        columns.logits = columns.logits.copy()
        columns.logits[:, shift.places] += shift.logits(self._seen, self._grams, second.linear.idf)

    @cached_property
    def _linear_part(self) -> Refit:
        """The linear classifier with what it was fitted to, as `services.versions` words it."""
        second, examples = self.bundle.second, self.bundle.examples
        assert second is not None  # noqa: S101
        categories = self.bundle.prototypes.categories
        texts = [normalize(text) for text in examples.texts]
        names = [normalize(category.name) for category in categories]
        weight = self._anchor_weight
        sums = np.add.reduceat(examples.vectors, examples.starts[:-1], axis=0)
        whole = np.stack([self._sum_as_built(place) for place in range(len(categories))])
        anchors = (whole - sums) / weight if weight else np.zeros_like(whole)
        return Refit(
            second.linear,
            np.vstack([examples.vectors, anchors.astype(np.float32)]),
            Grams.of([*texts, *names]),
            float(self.bundle.figures["regularization"]),
        )

    def _replace(
        self, columns: _Columns, place: int, added: Sequence[Addition], removed: Sequence[int]
    ) -> bool:
        """Compute a category's columns anew. Returns whether it has an example left."""
        examples = self.bundle.examples
        rows = np.flatnonzero(examples.labels == place)
        lost = examples.vectors[np.intersect1d(rows, np.array(removed, dtype=np.int64))]
        kept = examples.vectors[np.setdiff1d(rows, np.array(removed, dtype=np.int64))]
        if not len(kept) and not added:
            return False
        total = self._sum_as_built(place) if len(rows) else self._weight_of(added[0])
        total = total - lost.sum(axis=0) + sum(addition.vector for addition in added)
        columns.cosines[:, place] = self._seen @ unit(total.astype(np.float32))
        closest = columns.closest[:, place]
        if len(lost):
            was_lost = (self._seen @ lost.T).max(axis=1) >= closest - ROUNDING
            closest[was_lost] = -1
            if len(kept):
                closest[was_lost] = (self._seen[was_lost] @ kept.T).max(axis=1)
        for addition in added:
            np.maximum(closest, self._seen @ addition.vector, out=closest)
        return True

    def _sum_as_built(self, place: int) -> NDArray[np.float64]:
        """What a prototype was scaled from: the sum of examples and weighted anchor, (d,).

        A bundle does not hold the anchor, a unit vector. But with its weight a, the prototype p
        and the sum s of the examples, the whole is N p, and |N p - s| = a. So N is
        p·s + sqrt(a² - |s - (p·s) p|²): by the other root the anchor would point away from p.
        """
        prototype = self.bundle.prototypes.vectors[place].astype(np.float64)
        mine = self.bundle.examples.labels == place
        examples = self.bundle.examples.vectors[mine].sum(axis=0, dtype=np.float64)
        along = prototype @ examples
        across = examples - along * prototype
        rest = max(self._anchor_weight**2 - across @ across, 0.0)
        scaled: NDArray[np.float64] = (along + np.sqrt(rest)) * prototype
        return scaled

    def _weight_of(self, addition: Addition) -> NDArray[np.float64]:
        """The anchor of a category that is new, times its weight, (d,)."""
        anchor = np.zeros(self._seen.shape[1]) if addition.anchor is None else addition.anchor
        return self._anchor_weight * anchor.astype(np.float64)

    @property
    def _anchor_weight(self) -> float:
        return float(self.bundle.figures["anchor_weight"])

    def _decide(self, columns: _Columns, gone: Collection[int] = ()) -> Outcomes:
        best = np.full(len(self.asked), NO_ANSWER, dtype=np.int32)
        confidence = np.full(len(self.asked), np.nan)
        for flow, rows in self._rows.items():
            fitting = np.array(
                [
                    place
                    for place, category in enumerate(columns.categories)
                    if category.fits(flow) and place not in gone
                ],
                dtype=np.intp,
            )
            if fitting.size:
                best[rows], confidence[rows] = self._rank(columns, rows, fitting)
        return Outcomes(tuple(columns.categories), best, confidence)

    def _rank(
        self, columns: _Columns, rows: NDArray[np.intp], fitting: NDArray[np.intp]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """As `DecisionRule.decide`, of many texts: the best of `fitting` or NO_ANSWER, and its
        confidence; both (m,)."""
        bundle, second = self.bundle, self.bundle.second
        cosines = columns.cosines[np.ix_(rows, fitting)]
        size = min(SHORTLIST, len(fitting))
        listed = np.argpartition(-cosines, size - 1, axis=1)[:, :size]
        similarities = np.take_along_axis(cosines, listed, axis=1)
        if bundle.neighbor_weight:
            closest = np.take_along_axis(columns.closest[np.ix_(rows, fitting)], listed, axis=1)
            weight = bundle.neighbor_weight
            similarities = (1 - weight) * similarities + weight * closest
        if second is None or columns.logits is None:
            scores = np.full(cosines.shape, -np.inf)
            np.put_along_axis(scores, listed, similarities, axis=1)
        else:
            scores = second.weight * softmax(columns.logits[np.ix_(rows, fitting)])
            shares = (1 - second.weight) * softmax(second.sharpness * similarities)
            shares += np.take_along_axis(scores, listed, axis=1)
            np.put_along_axis(scores, listed, shares, axis=1)
        top = scores.max(axis=1)
        runner_up = np.partition(scores, -2, axis=1)[:, -2] if len(fitting) > 1 else 0.0
        confidence = bundle.calibration.confidences(top, top - runner_up)
        is_silent = (similarities.max(axis=1) < bundle.bounds.min_score) | (
            confidence < bundle.bounds.abstain
        )
        best = fitting[scores.argmax(axis=1)]
        return np.where(is_silent, NO_ANSWER, best).astype(np.int32), confidence
