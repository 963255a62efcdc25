"""Two opinions: the nearest prototypes, and a linear classifier beside them."""

import numpy as np
import pytest

from classifier.engine.calibration import Calibration
from classifier.engine.decision import Bounds, DecisionRule
from classifier.engine.linear import NGRAM_WEIGHT, LinearClassifier, SecondOpinion, softmax
from classifier.engine.ngrams import BUCKETS, ngram_buckets
from classifier.engine.prototypes import ExampleSet, PrototypeSet
from classifier.engine.types import CategoryInfo, Direction, Reason

COFFEE = CategoryInfo("coffee", "Coffee", "food", "Food", Direction.EXPENSE)
FUEL = CategoryInfo("fuel", "Fuel", "transport", "Transport", Direction.EXPENSE)
WAGES = CategoryInfo("wages", "Wages", "income", "Income", Direction.INCOME)
CATEGORIES = (COFFEE, FUEL, WAGES)
AXES = np.eye(3, dtype=np.float32)
SHARPNESS = 10.0


def linear(ngrams: dict[str, int] | None = None) -> LinearClassifier:
    """Says nothing of a vector; a text counts for the category of its n-grams."""
    weights = np.zeros((BUCKETS, 3), dtype=np.float32)
    for text, category in (ngrams or {}).items():
        weights[ngram_buckets(text), category] = 20
    return LinearClassifier(
        vector_weights=np.zeros((3, 3), dtype=np.float32),
        ngram_weights=weights,
        idf=np.ones(BUCKETS, dtype=np.float32),
        intercepts=np.zeros(3, dtype=np.float32),
    )


def rule(classifier: LinearClassifier, weight: float = 0.5, min_score: float = -1) -> DecisionRule:
    labels = np.arange(3, dtype=np.int32)
    return DecisionRule(
        PrototypeSet(CATEGORIES, AXES),
        ExampleSet(("a", "b", "c"), labels, AXES, AXES, CATEGORIES),
        0.0,
        Calibration(intercept=0, score_weight=1, margin_weight=1),
        Bounds(high=None, medium=None, abstain=0.0, min_score=min_score),
        SecondOpinion(classifier, weight, SHARPNESS),
    )


def test_the_score_is_the_mean_of_both_opinions() -> None:
    vector = np.array([0.8, 0.6, 0], dtype=np.float32)
    verdict = rule(linear({"petrol": 1})).decide(vector, None, "petrol")
    length = np.sqrt(len(ngram_buckets("petrol")))
    logits = np.array([0, NGRAM_WEIGHT * 20 * length, 0])
    expected = 0.5 * softmax(SHARPNESS * vector) + 0.5 * softmax(logits)
    assert verdict.category == FUEL
    assert verdict.score == pytest.approx(expected[1])
    assert verdict.margin == pytest.approx(expected[1] - expected[0])


def test_the_words_decide_where_vectors_are_alike_and_prototypes_where_words_are_new() -> None:
    decide = rule(linear({"petrol": 1, "roastery": 0})).decide
    between = np.array([0.7, 0.71, 0], dtype=np.float32)
    assert decide(between, None, "roastery").category == COFFEE
    assert decide(between, None, "zzz").category == FUEL


def test_a_category_that_does_not_fit_gets_nothing_of_either() -> None:
    verdict = rule(linear({"salary": 2})).decide(AXES[2], Direction.EXPENSE, "salary")
    shown = [verdict.category, *(each.category for each in verdict.alternatives)]
    assert WAGES not in shown
    assert verdict.score is not None
    assert verdict.score + sum(each.score for each in verdict.alternatives) == pytest.approx(1)


def test_how_far_a_text_is_from_all_is_told_by_its_vector_alone() -> None:
    far = np.array([-1, 0, 0], dtype=np.float32)
    verdict = rule(linear({"petrol": 1}), min_score=0.1).decide(far, None, "petrol")
    assert verdict.reason is Reason.FAR_FROM_ALL


def test_a_text_without_n_grams_is_judged_by_its_vector() -> None:
    classifier = linear()
    classifier.vector_weights[0, 1] = 3
    assert classifier.logits(AXES[0], "").tolist() == [0, 3, 0]
