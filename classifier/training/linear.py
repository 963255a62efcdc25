"""Fitting the linear classifier of a version."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, hstack
from sklearn.linear_model import LogisticRegression

from classifier.engine.linear import NGRAM_WEIGHT, LinearClassifier
from classifier.engine.ngrams import BUCKETS, ngram_buckets
from classifier.training.prototypes import TrainingSet

# Beside a fit to the end 0.05% of answers differ, and 1.3% at ten times the tolerance, which would
# change from build to build.
TOLERANCE = 1e-4
MAX_STEPS = 1000


def fit_linear(
    training: TrainingSet, texts: Sequence[str], names: Sequence[str], regularization: float
) -> LinearClassifier:
    """Fit to canonical `texts`, one a row of `training`, whose evidence is mixed in already.

    Each category's name is a row of its own, with its anchor as the vector: a category without an
    example is known by it. `regularization` is scikit-learn's C, the inverse of the L2 penalty.
    """
    documents = [*texts, *names]
    counts = _ngrams(documents)
    # Smoothed, as scikit-learn's TfidfTransformer: ln((1 + documents) / (1 + having it)) + 1.
    idf = np.log((1 + len(documents)) / (1 + counts.sum(axis=0))) + 1
    vectors = np.vstack([training.vectors, training.anchors])
    features = hstack([csr_array(vectors), _unit_rows(counts * idf) * NGRAM_WEIGHT], format="csr")
    labels = np.concatenate([training.labels, np.arange(len(names))])
    model = LogisticRegression(C=regularization, tol=TOLERANCE, max_iter=MAX_STEPS)
    model.fit(features.astype(np.float64), labels)
    weights, intercepts = model.coef_, model.intercept_
    if len(names) == 2:
        # Of two classes scikit-learn keeps one row, whose logit is the second's.
        weights, intercepts = (np.vstack([-part / 2, part / 2]) for part in (weights, intercepts))
    split = training.vectors.shape[1]
    weights = weights.T.astype(np.float32)
    return LinearClassifier(
        vector_weights=np.ascontiguousarray(weights[:split]),
        ngram_weights=np.ascontiguousarray(weights[split:]),
        idf=idf.astype(np.float32),
        intercepts=np.ravel(intercepts).astype(np.float32),
    )


def _ngrams(texts: Sequence[str]) -> csr_array:
    """One where a text has an n-gram of a bucket, (n, BUCKETS)."""
    found = [ngram_buckets(text) for text in texts]
    ends = np.concatenate([[0], np.cumsum([len(buckets) for buckets in found])])
    columns = np.concatenate(found)
    return csr_array((np.ones(len(columns)), columns, ends), shape=(len(texts), BUCKETS))


def _unit_rows(rows: csr_array) -> csr_array:
    norms = np.sqrt(rows.multiply(rows).sum(axis=1))
    return diags_array(1 / np.where(norms > 0, norms, 1)) @ rows


def linear_logits(
    linear: LinearClassifier, vectors: NDArray[np.float32], texts: Sequence[str]
) -> NDArray[np.float32]:
    """Of each text, as the engine has them, (n, c)."""
    return np.stack(
        [linear.logits(vector, text) for vector, text in zip(vectors, texts, strict=True)]
    )
