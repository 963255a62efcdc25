"""Two versions judged on texts that neither has seen."""

from dataclasses import replace

import numpy as np
import pytest

from classifier.engine.prototypes import unit
from classifier.exceptions import TrainingError
from classifier.training.prototypes import TrainingSet, Weights
from classifier.training.rivals import Rival, judge_rivals
from classifier.training.second_opinion import Blend

DIMENSION = 12
CATEGORIES = ("coffee", "fuel", "rent")
WEIGHTS = Weights(anchor=1.0, neighbor=0.3, merchant=0.0)


def rival(rows: int, *, noise: float, seed: int = 0, blend: Blend | None = None) -> Rival:
    """`rows` texts of as many merchants, near to their category's axis as far as noise allows."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(rows) % len(CATEGORIES)).astype(np.int32)
    vectors = np.eye(DIMENSION, dtype=np.float32)[labels]
    vectors += noise * rng.standard_normal(vectors.shape).astype(np.float32)
    anchors = np.full((len(CATEGORIES), DIMENSION), 0.1, dtype=np.float32)
    return Rival(
        training=TrainingSet(unit(vectors), labels, unit(anchors)),
        texts=[f"shop {row} {CATEGORIES[label]}" for row, label in enumerate(labels)],
        slugs=CATEGORIES,
        names=CATEGORIES,
        groups=np.arange(rows),
        weights=WEIGHTS,
        blend=blend,
    )


@pytest.mark.parametrize("blend", [None, Blend(share=0.5, regularization=5.0)])
def test_a_version_judged_against_itself_is_neither_better_nor_worse(blend: Blend | None) -> None:
    one = rival(60, noise=0.5, blend=blend)
    found = judge_rivals(one, one, one.training.vectors)
    assert found.texts == 60
    assert found.candidate_right == found.reference_right
    assert found.only_candidate_right == found.only_reference_right == 0
    assert found.difference == 0
    assert found.difference_low <= 0 <= found.difference_high


def test_a_version_of_few_examples_is_worse_than_one_of_many() -> None:
    many = rival(150, noise=0.5)
    few = rival(150, noise=0.5)
    kept = np.arange(150) < 6
    few = replace(
        few,
        training=replace(
            few.training,
            vectors=few.training.vectors[kept],
            labels=np.zeros(6, dtype=np.int32),
        ),
        texts=few.texts[:6],
        groups=few.groups[:6],
    )
    found = judge_rivals(many, few, many.training.vectors)
    assert found.difference_low > 0
    assert found.only_candidate_right > found.only_reference_right
    assert found.difference == pytest.approx(
        (found.candidate_right - found.reference_right) / found.texts
    )


def test_what_only_the_reference_had_seen_is_no_head_start() -> None:
    """Its nearest example would be the very text that is asked for."""
    texts = rival(60, noise=3.0)
    weights = replace(WEIGHTS, neighbor=1.0)
    candidate, reference = replace(texts, weights=weights), replace(texts, weights=weights)
    found = judge_rivals(candidate, reference, texts.training.vectors)
    assert found.reference_right < 60
    assert found.candidate_right == found.reference_right


def test_another_category_of_the_reference_is_wrong() -> None:
    one = rival(60, noise=0.1)
    other = replace(one, slugs=("tea", "fuel", "rent"))
    found = judge_rivals(one, other, one.training.vectors)
    assert found.candidate_right == 60
    assert found.reference_right == 40


def test_examples_of_one_merchant_cannot_be_judged() -> None:
    one = rival(9, noise=0.1)
    one = replace(one, groups=np.zeros(9, dtype=np.int64))
    with pytest.raises(TrainingError, match="one merchant"):
        judge_rivals(one, one, one.training.vectors)
