"""The linear classifier: as scikit-learn has it, and chosen by what it has not seen."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from classifier.engine.linear import NGRAM_WEIGHT, softmax
from classifier.engine.ngrams import BUCKETS, ngram_buckets
from classifier.engine.prototypes import unit
from classifier.exceptions import TrainingError
from classifier.training.linear import MAX_STEPS, TOLERANCE, fit_linear, linear_logits
from classifier.training.prototypes import DEFAULT_WEIGHTS, TrainingSet
from classifier.training.second_opinion import Wording, choose_second_opinion

NAMES = ("coffee", "fuel", "pharmacy")
WORDS = (("roastery", "espresso"), ("petrol", "diesel"), ("chemist", "drugstore"))
WEIGHTS = replace(DEFAULT_WEIGHTS, merchant=0.0)


def made_up(per_label: int, labels: int = 3, noise: float = 2.0) -> tuple[TrainingSet, Wording]:
    """Vectors that say little, and words that say all."""
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(labels, dtype=np.int32), per_label)
    anchors = np.eye(labels, 8, dtype=np.float32)
    texts = [
        f"{WORDS[label][place % 2]} {''.join(rng.choice(list('bcdfgh'), 5))}"
        for place, label in enumerate(truth)
    ]
    vectors = anchors[truth] + noise * rng.standard_normal((len(truth), 8)).astype(np.float32)
    training = TrainingSet(unit(vectors.astype(np.float32)), truth, anchors)
    return training, Wording(texts, NAMES[:labels], np.arange(len(truth)))


@pytest.mark.parametrize("labels", [2, 3])
def test_logits_are_those_of_scikit_learn(labels: int) -> None:
    training, wording = made_up(8, labels)
    documents = [*wording.texts, *wording.names]
    counts = np.zeros((len(documents), BUCKETS))
    for row, text in enumerate(documents):
        counts[row, ngram_buckets(text)] = 1
    ngrams = TfidfTransformer().fit_transform(counts).toarray() * NGRAM_WEIGHT
    features = np.hstack([np.vstack([training.vectors, training.anchors]), ngrams])
    truth = np.append(training.labels, np.arange(labels))
    model = LogisticRegression(C=5.0, tol=TOLERANCE, max_iter=MAX_STEPS).fit(features, truth)
    linear = fit_linear(training, wording.texts, wording.names, 5.0)
    found = softmax(linear_logits(linear, training.vectors, wording.texts))
    expected = model.predict_proba(features[: len(wording.texts)])
    assert found == pytest.approx(expected, abs=1e-4)


def test_it_hears_the_words_where_vectors_say_little() -> None:
    training, wording = made_up(20)
    judged = choose_second_opinion(training, WEIGHTS, wording)
    right = judged.scores.argmax(axis=1) == training.labels
    assert right.mean() > 0.9
    assert judged.scores.sum(axis=1) == pytest.approx(1)


def test_what_is_judged_has_not_been_learned() -> None:
    """Labels at random: whoever had seen them would get them right."""
    training, wording = made_up(20, noise=9.0)
    shuffled = np.random.default_rng(1).permutation(training.labels)
    unrelated = [
        f"{''.join(chr(97 + (place * 7 + at) % 26) for at in range(6))}" for place in range(60)
    ]
    judged = choose_second_opinion(
        replace(training, labels=shuffled), WEIGHTS, replace(wording, texts=unrelated)
    )
    assert (judged.scores.argmax(axis=1) == shuffled).mean() < 0.6


def test_a_merchant_is_learned_from_nowhere_else_than_its_own_fold() -> None:
    """All rows of a label are one merchant's: left out, nothing of its words is known."""
    training, wording = made_up(20, noise=9.0)
    together = replace(wording, groups=training.labels.astype(np.int64))
    apart = choose_second_opinion(training, WEIGHTS, wording)
    judged = choose_second_opinion(training, WEIGHTS, together)

    def accuracy(scores: np.ndarray) -> float:
        return float((scores.argmax(axis=1) == training.labels).mean())

    assert accuracy(judged.scores) < 0.5 < accuracy(apart.scores)


def test_one_merchant_alone_is_refused() -> None:
    training, wording = made_up(4)
    alone = replace(wording, groups=np.zeros(len(wording.texts), dtype=np.int64))
    with pytest.raises(TrainingError, match="of one merchant"):
        choose_second_opinion(training, WEIGHTS, alone)
