"""From a vector to an answer, or to none with its reason."""

from decimal import Decimal

import numpy as np
import pytest

from classifier.engine.calibration import Calibration
from classifier.engine.decision import Bounds, DecisionRule
from classifier.engine.prototypes import ExampleSet, PrototypeSet, unit
from classifier.engine.types import CategoryInfo, Direction, Level, Reason, Transaction

COFFEE = CategoryInfo("coffee", "Coffee", "food", "Food", Direction.EXPENSE)
FUEL = CategoryInfo("fuel", "Fuel", "transport", "Transport", Direction.EXPENSE)
WAGES = CategoryInfo("wages", "Wages", "income", "Income", Direction.INCOME)
SAVINGS = CategoryInfo("savings", "Savings", "transfers", "Transfers", Direction.TRANSFER)


def rule(
    categories: tuple[CategoryInfo, ...] = (COFFEE, FUEL, WAGES, SAVINGS),
    bounds: Bounds | None = None,
    examples: ExampleSet | None = None,
    neighbor_weight: float = 0.0,
) -> DecisionRule:
    vectors = np.eye(len(categories), 4, dtype=np.float32)
    if examples is None:
        labels = np.arange(len(categories), dtype=np.int32)
        examples = ExampleSet(
            tuple("abcd"[: len(categories)]), labels, vectors, vectors, categories
        )
    return DecisionRule(
        PrototypeSet(categories, vectors),
        examples,
        neighbor_weight,
        Calibration(intercept=-2, score_weight=4, margin_weight=4),
        bounds or Bounds(high=0.95, medium=0.8, abstain=0.3, min_score=0.2),
    )


def text(*parts: float) -> np.ndarray:
    row: np.ndarray = unit(np.array([parts], dtype=np.float32))[0]
    return row


def test_the_nearest_prototype_wins_and_the_rest_follow_in_order() -> None:
    verdict = rule().decide(text(3, 2, 1, 0), None)
    assert verdict.category == COFFEE
    assert [alternative.category for alternative in verdict.alternatives] == [FUEL, WAGES, SAVINGS]
    assert verdict.score == pytest.approx(3 / 14**0.5)
    assert verdict.margin == pytest.approx(1 / 14**0.5)


@pytest.mark.parametrize(
    ("flow", "expected"),
    [(None, WAGES), (Direction.INCOME, WAGES), (Direction.EXPENSE, SAVINGS)],
)
def test_a_direction_rules_out_categories_of_the_other(
    flow: Direction | None, expected: CategoryInfo
) -> None:
    assert rule().decide(text(1, 0, 4, 3), flow).category == expected


def test_the_nearest_example_weighs_beside_the_prototype() -> None:
    vectors = np.stack([text(1, 0, 0, 0), text(2, 3, 1, 0), text(0, 0, 1, 0), text(0, 0, 0, 1)])
    near_the_text = ExampleSet(
        ("a", "b", "c", "d"),
        np.arange(4, dtype=np.int32),
        vectors,
        vectors,
        (COFFEE, FUEL, WAGES, SAVINGS),
    )
    vector = text(3, 2, 1, 0)
    assert rule(examples=near_the_text).decide(vector, None).category == COFFEE
    verdict = rule(examples=near_the_text, neighbor_weight=0.8).decide(vector, None)
    assert verdict.category == FUEL
    expected = 0.2 * 2 / 14**0.5 + 0.8 * 13 / 14
    assert verdict.score == pytest.approx(expected)


def test_the_margin_is_taken_among_fitting_categories_only() -> None:
    with_all = rule().decide(text(0, 0, 4, 3), None)
    income_only = rule((COFFEE, FUEL, WAGES)).decide(text(0, 0, 4, 0), Direction.INCOME)
    assert with_all.margin == pytest.approx(0.2)
    assert income_only.margin == income_only.score


def test_no_fitting_category_is_an_abstention_with_its_reason() -> None:
    verdict = rule((COFFEE, FUEL)).decide(text(1, 0, 0, 0), Direction.INCOME)
    assert verdict.category is None
    assert verdict.reason is Reason.NO_CATEGORY
    assert verdict.confidence is None


def test_far_from_everything_abstains_and_still_names_the_best_guess() -> None:
    verdict = rule().decide(text(-1, -1, -1, 0.1), None)
    assert (verdict.category, verdict.reason) == (None, Reason.FAR_FROM_ALL)
    assert verdict.level is Level.ABSTAIN
    assert verdict.alternatives[0].category == SAVINGS


def test_low_confidence_abstains() -> None:
    verdict = rule().decide(text(1, 1, 1, 1.05), None)
    assert verdict.score is not None
    assert verdict.score > 0.2
    bounds = Bounds(high=0.95, medium=0.8, abstain=0.9, min_score=0.2)
    assert rule(bounds=bounds).decide(text(1, 1, 1, 1.05), None).reason is Reason.LOW_CONFIDENCE


@pytest.mark.parametrize(
    ("confidence", "level"),
    [(0.99, Level.HIGH), (0.95, Level.HIGH), (0.94, Level.MEDIUM), (0.79, Level.LOW)],
)
def test_a_level_begins_at_its_bound(confidence: float, level: Level) -> None:
    assert Bounds(high=0.95, medium=0.8, abstain=0.3, min_score=0).level(confidence) is level


def test_a_level_without_a_bound_is_not_given() -> None:
    assert Bounds(high=None, medium=0.8, abstain=0.3, min_score=0).level(1.0) is Level.MEDIUM
    assert Bounds(high=None, medium=None, abstain=0.3, min_score=0).level(1.0) is Level.LOW


@pytest.mark.parametrize(
    ("direction", "amount", "flow"),
    [
        (None, None, None),
        (None, 0, None),
        (None, -5, Direction.EXPENSE),
        (None, 5, Direction.INCOME),
        (Direction.INCOME, -5, Direction.INCOME),
    ],
)
def test_a_stated_direction_goes_before_the_sign_of_the_amount(
    direction: Direction | None, amount: int | None, flow: Direction | None
) -> None:
    exact = None if amount is None else Decimal(amount)
    assert Transaction("x", direction, exact).flow is flow
