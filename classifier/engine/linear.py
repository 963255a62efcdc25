"""A linear classifier on a text's vector and its character n-grams."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.engine.ngrams import ngram_buckets

# What the n-grams count for beside the vector, whose length is 1.
NGRAM_WEIGHT = 0.7


@dataclass(frozen=True)
class LinearClassifier:
    """Multinomial logistic regression, evaluated by numpy alone.

    logits = vector @ vector_weights + NGRAM_WEIGHT * tf_idf @ ngram_weights + intercepts, where
    tf_idf has length 1 and is `idf` in the buckets of the text's n-grams. `vector_weights` (d, c),
    `ngram_weights` (BUCKETS, c), `idf` (BUCKETS,) and `intercepts` (c,) are float32. Fitted in
    `classifier.training.linear`.
    """

    vector_weights: NDArray[np.float32]
    ngram_weights: NDArray[np.float32]
    idf: NDArray[np.float32]
    intercepts: NDArray[np.float32]

    def logits(self, vector: NDArray[np.float32], text: str) -> NDArray[np.float32]:
        """Of a unit vector (d,), what its merchant sells mixed in, and its canonical text; (c,)."""
        logits = vector @ self.vector_weights + self.intercepts
        buckets = ngram_buckets(text)
        if len(buckets):
            idf = self.idf[buckets]
            scale = np.float32(NGRAM_WEIGHT) / np.linalg.norm(idf)
            logits += scale * (idf @ self.ngram_weights[buckets])
        return np.asarray(logits, dtype=np.float32)


@dataclass(frozen=True)
class SecondOpinion:
    """The linear classifier of a version, and how it is heard beside the prototypes.

    The probability of a category is (1 - weight) * softmax(sharpness * scores) + weight *
    softmax(logits): the first over the categories whose prototypes are nearest, the second over
    all that fit. `weight` lies between 0 and 1.
    """

    linear: LinearClassifier
    weight: float
    sharpness: float

    def mean(
        self,
        similarities: NDArray[np.float32],
        shortlist: NDArray[np.intp],
        logits: NDArray[np.float32],
    ) -> NDArray[np.float64]:
        """The mean of both opinions on each category that fits, (f,): `logits` (f,) are of all of
        them, `similarities` (s,) of those at the places `shortlist` (s,)."""
        scores = self.weight * softmax(logits)
        scores[shortlist] += (1 - self.weight) * softmax(self.sharpness * similarities)
        return scores


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities by exp(logit) over the last axis; shape is kept. -inf has none."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares
