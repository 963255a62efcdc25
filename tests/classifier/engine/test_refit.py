"""Where a fitted classifier would go with an example more or less, without fitting it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.engine import refit as module
from classifier.engine.linear import LinearClassifier, softmax
from classifier.engine.ngrams import BUCKETS
from classifier.engine.prototypes import unit
from classifier.engine.refit import Change, Grams, Refit
from classifier.training import linear as fitting
from classifier.training.linear import fit_linear, linear_logits
from classifier.training.prototypes import TrainingSet

CATEGORIES, EXAMPLES, DIMENSION, REGULARIZATION = 14, 98, 12, 5.0
NAMES = [f"name {chr(97 + place) * 3}" for place in range(CATEGORIES)]
CHANCE = np.random.default_rng(0)
ANCHORS = unit(CHANCE.normal(size=(CATEGORIES, DIMENSION)).astype(np.float32))
LABELS = np.sort(np.arange(EXAMPLES, dtype=np.int32) % CATEGORIES)


def near(labels: NDArray[np.int32]) -> tuple[NDArray[np.float32], list[str]]:
    """Vectors and texts of some categories, neither of which says it all."""
    noise = CHANCE.normal(size=(len(labels), DIMENSION)).astype(np.float32)
    words = ["".join(CHANCE.choice(list("bcdfgh"), 3)) for _ in labels]
    texts = [f"{word} {chr(97 + label) * 2}" for word, label in zip(words, labels, strict=True)]
    return unit(ANCHORS[labels] + 0.4 * noise), texts


VECTORS, TEXTS = near(LABELS)
SEEN, ASKED = near(CHANCE.integers(0, CATEGORIES, 400).astype(np.int32))


def fit(
    vectors: NDArray[np.float32], labels: NDArray[np.int32], texts: list[str]
) -> LinearClassifier:
    """To where next to nothing changes any more: what is compared is the optimum."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "TOLERANCE", 1e-5)
        patch.setattr(fitting, "MAX_STEPS", 1000)
        return fit_linear(TrainingSet(vectors, labels, ANCHORS), texts, NAMES, REGULARIZATION)


@pytest.fixture(scope="module")
def before() -> LinearClassifier:
    return fit(VECTORS, LABELS, TEXTS)


def refit(linear: LinearClassifier) -> Refit:
    rows = np.vstack([VECTORS, ANCHORS])
    return Refit(linear, rows, Grams.of([*TEXTS, *NAMES]), REGULARIZATION)


def moved(linear: LinearClassifier, changes: list[Change]) -> NDArray[np.float64]:
    """What is foretold of each text asked."""
    logits = linear_logits(linear, SEEN, ASKED)
    shift = refit(linear).shift(changes)
    logits[:, shift.places] += shift.logits(SEEN, Grams.of(ASKED), linear.idf)
    return softmax(logits)


def shares(linear: LinearClassifier) -> NDArray[np.float64]:
    return softmax(linear_logits(linear, SEEN, ASKED))


def off(found: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    return float(np.abs(found - truth).sum())


def test_an_example_more_moves_it_nearly_where_a_fit_would(before: LinearClassifier) -> None:
    vector, text, place = SEEN[7], ASKED[7], 9
    after = fit(np.vstack([VECTORS, vector]), np.append(LABELS, np.int32(place)), [*TEXTS, text])
    found = moved(before, [Change(vector, text, place, 1)])
    assert off(found, shares(after)) < 0.2 * off(shares(before), shares(after))


def test_an_example_against_all_that_is_known_does_not_overshoot(
    before: LinearClassifier,
) -> None:
    """The text of one example again, said to be of another category: a whole step goes too far."""
    vector, text, place = VECTORS[0], f"{TEXTS[0]} zz", int(LABELS[0]) + 7
    after = fit(np.vstack([VECTORS, vector]), np.append(LABELS, np.int32(place)), [*TEXTS, text])
    found = moved(before, [Change(vector, text, place, 1)])
    assert off(found, shares(after)) < 0.2 * off(shares(before), shares(after))


def test_an_example_less_moves_it_nearly_where_a_fit_would(before: LinearClassifier) -> None:
    after = fit(np.delete(VECTORS, 40, axis=0), np.delete(LABELS, 40), TEXTS[:40] + TEXTS[41:])
    found = moved(before, [Change(VECTORS[40], TEXTS[40], int(LABELS[40]), -1)])
    assert off(found, shares(after)) < 0.4 * off(shares(before), shares(after))


def test_an_example_that_moves_is_one_more_and_one_less(before: LinearClassifier) -> None:
    labels = LABELS.copy()
    labels[40] = 11
    after = fit(VECTORS, labels, TEXTS)
    vector, text = VECTORS[40], TEXTS[40]
    changes = [Change(vector, text, 11, 1), Change(vector, text, int(LABELS[40]), -1)]
    found = moved(before, changes)
    assert off(found, shares(after)) < 0.4 * off(shares(before), shares(after))


def test_few_rows_that_are_unsure_say_nearly_what_all_say(
    before: LinearClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = [Change(SEEN[7], ASKED[7], 3, 1)]
    whole = moved(before, changes)
    monkeypatch.setattr(module, "ROWS", 80)
    assert off(moved(before, changes), whole) < 0.3 * off(shares(before), whole)


def test_n_grams_of_many_texts_weigh_what_those_of_one_do(before: LinearClassifier) -> None:
    texts = [*ASKED, "", "x"]
    found = Grams.of(texts).products(before.idf, before.ngram_weights)
    nothing = replace(before, intercepts=np.zeros(CATEGORIES, dtype=np.float32))
    zeros = np.zeros((len(texts), DIMENSION), dtype=np.float32)
    assert found == pytest.approx(linear_logits(nothing, zeros, texts), abs=1e-5)


def test_n_grams_are_taken_joined_and_laid_out_by_text() -> None:
    grams = Grams.of(ASKED[:5])
    again = grams.taken(np.array([0, 1])).joined(grams.taken(np.array([2, 3, 4])))
    assert np.array_equal(again.buckets, grams.buckets)
    assert np.array_equal(again.starts, grams.starts)
    idf = np.ones(BUCKETS, dtype=np.float32)
    backwards = grams.taken(np.arange(5)[::-1]).dense(idf)
    assert np.array_equal(backwards, grams.dense(idf)[::-1])
    assert np.linalg.norm(grams.dense(idf), axis=1) == pytest.approx(0.7)
