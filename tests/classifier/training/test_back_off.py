"""Fitting the back-off on texts whose detailed category is unsure."""

import numpy as np

from classifier.engine.types import CategoryInfo, Direction
from classifier.training.back_off import fit_back_off

CATEGORIES = [
    CategoryInfo(f"{primary}-{number}", "", primary, "", Direction.ANY)
    for primary in ("food", "car")
    for number in range(3)
]


def scores_of(labels: np.ndarray, rng: np.random.Generator, *, knows_primary: bool) -> np.ndarray:
    """Shares that tell the primary category at best, never the detailed one."""
    scores = rng.uniform(0.01, 0.2, (len(labels), 6))
    if knows_primary:
        for row, label in enumerate(labels):
            first = 3 * (label // 3)
            scores[row, first : first + 3] += 1
    shares: np.ndarray = scores / scores.sum(axis=1, keepdims=True)
    return shares


def test_where_only_the_primary_category_is_known_it_is_given() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, 400).astype(np.int32)
    scores = scores_of(labels, rng, knows_primary=True)
    back_off, figures = fit_back_off(
        CATEGORIES, scores, labels, np.full(400, True), are_shares=True
    )
    assert back_off is not None
    assert back_off.high is not None
    assert (figures.unsure, figures.given, figures.precision) == (400, 400, 1.0)


def test_where_nothing_is_known_no_bound_keeps_the_promise() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 6, 400).astype(np.int32)
    scores = scores_of(labels, rng, knows_primary=False)
    back_off, figures = fit_back_off(
        CATEGORIES, scores, labels, np.full(400, True), are_shares=True
    )
    assert back_off is not None
    assert back_off.high is None
    assert figures.given == 0
    assert figures.precision is None


def test_sure_texts_have_no_say() -> None:
    """They would be right, and lend their precision to the unsure ones."""
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 6, 800).astype(np.int32)
    is_unsure = np.arange(800) < 400
    scores = np.vstack(
        [
            scores_of(labels[is_unsure], rng, knows_primary=False),
            scores_of(labels[~is_unsure], rng, knows_primary=True),
        ]
    )
    _, figures = fit_back_off(CATEGORIES, scores, labels, is_unsure, are_shares=True)
    assert (figures.unsure, figures.given) == (400, 0)


def test_a_handful_of_unsure_texts_can_promise_nothing() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 6, 29).astype(np.int32)
    scores = scores_of(labels, rng, knows_primary=True)
    back_off, figures = fit_back_off(CATEGORIES, scores, labels, np.full(29, True), are_shares=True)
    assert back_off is None
    assert figures.unsure == 29


def test_one_primary_category_says_nothing() -> None:
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 3, 60).astype(np.int32)
    scores = rng.uniform(size=(60, 3))
    back_off, _ = fit_back_off(CATEGORIES[:3], scores, labels, np.full(60, True), are_shares=True)
    assert back_off is None
