"""The primary category by itself, where the detailed one is unsure."""

import numpy as np
import pytest

from classifier.engine.back_off import BackOff, PrimarySet
from classifier.engine.calibration import Calibration
from classifier.engine.decision import Bounds, DecisionRule
from classifier.engine.linear import LinearClassifier, SecondOpinion
from classifier.engine.ngrams import BUCKETS
from classifier.engine.prototypes import ExampleSet, PrototypeSet
from classifier.engine.types import CategoryInfo, Direction, Level

CATEGORIES = tuple(
    CategoryInfo(slug, slug.title(), primary, primary.title(), Direction.ANY)
    for slug, primary in (("coffee", "food"), ("pizza", "food"), ("fuel", "car"), ("rent", "home"))
)
PRIMARIES = PrimarySet.of(CATEGORIES)
# Confidence is the logistic of the score alone.
BY_SCORE = Calibration(intercept=-5.0, score_weight=10.0, margin_weight=0.0)


def rule(bounds: Bounds, back_off: BackOff | None) -> DecisionRule:
    """Prototypes are the four axes; the linear part has no opinion."""
    axes = np.eye(4, dtype=np.float32)
    labels = np.arange(4, dtype=np.int32)
    empty = np.zeros((BUCKETS, 4), dtype=np.float32)
    linear = LinearClassifier(np.zeros((4, 4), np.float32), empty, empty[:, 0], empty[0])
    return DecisionRule(
        PrototypeSet(CATEGORIES, axes),
        ExampleSet(("a", "b", "c", "d"), labels, axes, axes, CATEGORIES),
        0.0,
        BY_SCORE,
        bounds,
        SecondOpinion(linear, 0.0, 10.0),
        back_off,
    )


def bounds(abstain: float = 0.3, min_score: float = -1.0) -> Bounds:
    return Bounds(high=0.95, medium=0.8, abstain=abstain, min_score=min_score)


BETWEEN_FOODS = np.array([0.7, 0.7, 0.0, 0.1], dtype=np.float32)
PIZZA = np.array([0.0, 1.0, 0.0, 0.0], dtype=np.float32)
SURE = BackOff(BY_SCORE, high=0.95, medium=0.8)


def test_two_kinds_of_food_are_surely_food() -> None:
    verdict = rule(bounds(), SURE).decide(BETWEEN_FOODS, None)
    assert verdict.level is Level.LOW
    assert verdict.primary is not None
    assert (verdict.primary.slug, verdict.primary.name) == ("food", "Food")
    assert verdict.primary.level is Level.HIGH
    assert verdict.primary.confidence == pytest.approx(0.993, abs=0.002)
    assert verdict.confidence == pytest.approx(0.5, abs=0.01)


def test_it_is_given_where_there_is_no_detailed_category_too() -> None:
    verdict = rule(bounds(abstain=0.6), SURE).decide(BETWEEN_FOODS, None)
    assert verdict.category is None
    assert verdict.primary is not None
    assert verdict.primary.slug == "food"


def test_a_sure_detailed_category_needs_none() -> None:
    verdict = rule(bounds(), SURE).decide(PIZZA, None)
    assert verdict.level is Level.HIGH
    assert verdict.primary is None


def test_what_is_far_from_all_has_none() -> None:
    assert rule(bounds(min_score=0.9), SURE).decide(BETWEEN_FOODS, None).primary is None


def test_an_unsure_primary_category_is_not_given() -> None:
    torn = np.array([0.5, 0.0, 0.5, 0.5], dtype=np.float32)
    assert rule(bounds(abstain=0.0), SURE).decide(torn, None).primary is None


@pytest.mark.parametrize(
    "back_off", [None, BackOff(BY_SCORE, high=None, medium=None)], ids=["none", "no bound"]
)
def test_a_version_that_cannot_keep_the_promise_gives_none(back_off: BackOff | None) -> None:
    assert rule(bounds(), back_off).decide(BETWEEN_FOODS, None).primary is None


def test_it_does_not_contradict_the_category_that_is_given() -> None:
    """Rent is the nearest by itself, the two foods together are more likely."""
    torn = np.array([0.70, 0.70, 0.0, 0.72], dtype=np.float32)
    loose = BackOff(BY_SCORE, high=None, medium=0.5)
    given = rule(bounds(abstain=0.0), loose).decide(torn, None)
    assert given.category is not None
    assert given.category.slug == "rent"
    assert given.primary is None
    withheld = rule(bounds(abstain=0.79), loose).decide(torn, None)
    assert withheld.category is None
    assert withheld.primary is not None
    assert withheld.primary.slug == "food"


def test_probabilities_add_up_and_similarities_do_not() -> None:
    scores = np.array([[0.3, 0.2, 0.4, 0.1]])
    places = np.arange(4)
    added = PRIMARIES.scores(scores, places, are_shares=True)
    assert added[0].tolist() == pytest.approx([0.5, 0.4, 0.1])
    highest = PRIMARIES.scores(scores, places, are_shares=False)
    assert highest[0].tolist() == pytest.approx([0.3, 0.4, 0.1])
    without = PRIMARIES.scores(scores[:, :2], places[:2], are_shares=False)
    assert without[0].tolist() == pytest.approx([0.3, -1, -1])
