"""What one example more would make of a fitted linear classifier, without fitting it anew.

The classifier is where the regularized loss of its training rows is least. An example more moves
that point; two steps of Newton's method follow it, as Koh and Liang, "Understanding black-box
predictions via influence functions" (2017), do with one. What makes it quick: only categories that
the example is near to count, and rows that are unsure among these; and the steps are sums of the
rows (the kernel form), found by conjugate gradients.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.linear import NGRAM_WEIGHT, LinearClassifier, softmax
from classifier.engine.ngrams import BUCKETS, ngram_buckets

# Beside the example's own category, those that it is most probably of.
CATEGORIES = 12
# Training rows, those that weigh most.
ROWS = 1000
NEWTON_STEPS, GRADIENT_STEPS, SCALE_STEPS = 2, 10, 20
# The intercepts, which no penalty holds, as the weights of a feature that is large.
INTERCEPT = 3.0
CHUNK = 2048
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Grams:
    """The n-grams of n texts: `buckets` (m,) uint16, those of text i from `starts[i]` to
    `starts[i + 1]`; `starts` is (n + 1,) int64."""

    buckets: NDArray[np.uint16]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Grams":
        found = [ngram_buckets(text) for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(each) for each in found])])
        buckets = np.concatenate([np.empty(0, np.int64), *found]).astype(np.uint16)
        return cls(buckets, starts.astype(np.int64))

    def taken(self, rows: NDArray[np.intp]) -> "Grams":
        """Those of some texts, in their order."""
        sizes = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes)
        return Grams(self.buckets[np.repeat(self.starts[rows], sizes) + within], starts)

    def joined(self, others: "Grams") -> "Grams":
        return Grams(
            np.concatenate([self.buckets, others.buckets]),
            np.concatenate([self.starts, self.starts[-1] + others.starts[1:]]),
        )

    def weights(self, idf: Floats) -> Floats:
        """NGRAM_WEIGHT times tf-idf of length 1, one for each of `buckets`, (m,)."""
        values = idf[self.buckets]
        squares = np.concatenate([[0.0], np.cumsum(values.astype(np.float64) ** 2)])
        lengths = np.sqrt(np.diff(squares[self.starts]))
        scales = NGRAM_WEIGHT / np.where(lengths > 0, lengths, 1)
        scaled: Floats = (values * np.repeat(scales, np.diff(self.starts))).astype(np.float32)
        return scaled

    def dense(self, idf: Floats) -> Floats:
        """Their features, (n, BUCKETS)."""
        rows = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        features = np.zeros((len(self.starts) - 1, BUCKETS), dtype=np.float32)
        features[rows, self.buckets] = self.weights(idf)
        return features

    def products(self, idf: Floats, columns: Floats) -> Floats:
        """Features times `columns` (BUCKETS, k), (n, k)."""
        sums = np.zeros((len(self.starts) - 1, columns.shape[1]), dtype=np.float32)
        weights = self.weights(idf)
        for begin in range(0, len(sums), CHUNK):
            starts = self.starts[begin : begin + CHUNK + 1]
            filled = np.flatnonzero(np.diff(starts))
            if len(filled):
                span = slice(starts[0], starts[-1])
                terms = weights[span, None] * columns[self.buckets[span]]
                sums[begin + filled] = np.add.reduceat(terms, starts[filled] - starts[0], axis=0)
        return sums


@dataclass(frozen=True)
class Change:
    """A row that comes (`sign` 1) or goes (-1): its unit vector (d,), its canonical text, and the
    place of its category."""

    vector: Floats
    text: str
    place: int
    sign: int


@dataclass(frozen=True)
class Shift:
    """What is to be added to a linear classifier's columns `places` (k,): `vector_weights` (d, k),
    `ngram_weights` (BUCKETS, k), `intercepts` (k,)."""

    places: NDArray[np.intp]
    vector_weights: Floats
    ngram_weights: Floats
    intercepts: Floats

    def logits(self, vectors: Floats, grams: Grams, idf: Floats) -> Floats:
        """What it adds to the logits of texts, (n, k)."""
        shifts: Floats = vectors @ self.vector_weights + self.intercepts
        shifts += grams.products(idf, self.ngram_weights)
        return shifts


class Refit:
    """A linear classifier with the rows that it was fitted to: examples, then categories' names.

    `vectors` (n, d) and `grams` are of the rows; `regularization` is scikit-learn's C.
    """

    def __init__(
        self, linear: LinearClassifier, vectors: Floats, grams: Grams, regularization: float
    ) -> None:
        self.linear = linear
        self.vectors = vectors
        self.grams = grams
        self.penalty = 1 / regularization
        self.logits = (
            vectors @ linear.vector_weights
            + grams.products(linear.idf, linear.ngram_weights)
            + linear.intercepts
        )
        self.shares = softmax(self.logits)

    def shift(self, changes: Sequence[Change]) -> Shift:
        """By which the classifier would move; the idf of n-grams is held."""
        own = np.stack([self.linear.logits(each.vector, each.text) for each in changes])
        nearest = np.argsort(-own, axis=1)[:, :CATEGORIES]
        places = np.union1d(nearest, [each.place for each in changes])
        unsure = (self.shares[:, places] * (1 - self.shares[:, places])).max(axis=1)
        rows = np.argsort(-unsure)[:ROWS]
        vectors = np.vstack([self.vectors[rows], *(each.vector for each in changes)])
        grams = self.grams.taken(rows).joined(Grams.of([each.text for each in changes]))
        features = grams.dense(self.linear.idf)
        gram = vectors @ vectors.T + features @ features.T + INTERCEPT**2
        solved = _Steps(
            kernel=gram.astype(np.float64),
            logits=np.vstack([self.logits[rows], own]),
            places=places,
            targets=np.array([each.place for each in changes]),
            signs=np.array([each.sign for each in changes], dtype=np.float64),
            penalty=self.penalty,
        ).solve()
        sums = solved.astype(np.float32)
        return Shift(places, vectors.T @ sums, features.T @ sums, INTERCEPT**2 * sums.sum(axis=0))


@dataclass
class _Steps:
    """Newton's method for the rows' coefficients. The last m of the n rows are the changes, of
    categories `targets` (m,) and `signs` (m,); `kernel` is (n, n), `logits` (n, c)."""

    kernel: NDArray[np.float64]
    logits: Floats
    places: NDArray[np.intp]
    targets: NDArray[np.intp]
    signs: NDArray[np.float64]
    penalty: float

    def solve(self) -> NDArray[np.float64]:
        """(n, k): the weights move by the sum of the rows' features times these."""
        old = len(self.logits) - len(self.signs)
        before = softmax(self.logits)[:, self.places]
        wanted = (self.places[None, :] == self.targets[:, None]).astype(np.float64)
        # A row that goes takes its curvature along, which then may leave none: it is kept.
        weights = np.concatenate([np.ones(old), np.maximum(self.signs, 0)])
        total = np.zeros_like(before)
        for _ in range(NEWTON_STEPS):
            shares = self._shares(self.kernel @ total)
            slopes = shares - before
            slopes[old:] = self.signs[:, None] * (shares[old:] - wanted)
            step, moved = self._conjugate(shares, weights, -(slopes + self.penalty * total))
            total += self._length(total, step, moved, shares, slopes, wanted) * step
        return total

    def _shares(self, moved: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of the categories at `places`, where their logits have moved, (n, k)."""
        logits = self.logits.copy()
        logits[:, self.places] += moved.astype(np.float32)
        return softmax(logits)[:, self.places]

    def _conjugate(
        self,
        shares: NDArray[np.float64],
        weights: NDArray[np.float64],
        wanted: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The step, and the kernel times it: conjugate gradients in the kernel's own product, by
        which (curvature · kernel + penalty) is symmetric."""
        step, moved = np.zeros_like(wanted), np.zeros_like(wanted)
        rest, rest_moved = wanted, self.kernel @ wanted
        way, way_moved = rest, rest_moved
        size = (rest * rest_moved).sum()
        for _ in range(GRADIENT_STEPS):
            if size <= 0:
                break
            bent = weights[:, None] * _curved(shares, way_moved) + self.penalty * way
            length = size / (bent * way_moved).sum()
            step, moved = step + length * way, moved + length * way_moved
            rest = rest - length * bent
            rest_moved = self.kernel @ rest
            size, last = (rest * rest_moved).sum(), size
            way, way_moved = rest + size / last * way, rest_moved + size / last * way_moved
        return step, moved

    def _length(
        self,
        total: NDArray[np.float64],
        step: NDArray[np.float64],
        moved: NDArray[np.float64],
        shares: NDArray[np.float64],
        slopes: NDArray[np.float64],
        wanted: NDArray[np.float64],
    ) -> float:
        """How much of a step to go, from 0 to 1: the loss of the changes as it is, that of the
        rest as a parabola."""
        old = len(total) - len(self.signs)
        bent = _curved(shares, moved)
        bent[old:] = 0
        bend = ((bent + self.penalty * step) * moved).sum()
        slope = (slopes[:old] * moved[:old]).sum() + self.penalty * (total * moved).sum()
        logits, ways = self.logits[old:].astype(np.float64), moved[old:]
        logits[:, self.places] += (self.kernel @ total)[old:]
        length = 1.0
        for _ in range(SCALE_STEPS):
            there = logits.copy()
            there[:, self.places] += length * ways
            found = softmax(there)[:, self.places]  # type: ignore[arg-type]
            first = slope + length * bend + (self.signs[:, None] * (found - wanted) * ways).sum()
            second = bend + (np.maximum(self.signs, 0)[:, None] * _curved(found, ways) * ways).sum()
            length = float(np.clip(length - first / second, 0, 1)) if second > 0 else length
        return length


def _curved(shares: NDArray[np.float64], moved: NDArray[np.float64]) -> NDArray[np.float64]:
    """The second derivative of the loss along a move of logits, row by row, (n, k)."""
    weighed = shares * moved
    curved: NDArray[np.float64] = weighed - shares * weighed.sum(axis=1, keepdims=True)
    return curved
