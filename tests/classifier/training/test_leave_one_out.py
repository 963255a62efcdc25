"""Leaving one out in closed form is what building without it gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engine.calibration import Calibration
from classifier.engine.decision import SHORTLIST, Bounds, DecisionRule
from classifier.engine.prototypes import ExampleSet, PrototypeSet, unit
from classifier.engine.types import CategoryInfo, Direction
from classifier.training.prototypes import (
    TrainingSet,
    Weights,
    build_prototypes,
    leave_one_out_scores,
)

DIMENSION = 16


def training_set(counts: list[int], seed: int) -> TrainingSet:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(len(counts), dtype=np.int32), counts))
    return TrainingSet(
        vectors=unit(rng.standard_normal((len(labels), DIMENSION)).astype(np.float32)),
        labels=labels,
        anchors=unit(rng.standard_normal((len(counts), DIMENSION)).astype(np.float32)),
    )


def rule_without(training: TrainingSet, left_out: int, weights: Weights) -> DecisionRule:
    kept = np.arange(len(training.labels)) != left_out
    rest = TrainingSet(training.vectors[kept], training.labels[kept], training.anchors)
    order = np.argsort(rest.labels, kind="stable")
    categories = tuple(
        CategoryInfo(str(index), str(index), "p", "P", Direction.ANY)
        for index in range(len(training.anchors))
    )
    return DecisionRule(
        PrototypeSet(categories, build_prototypes(rest, weights.anchor)),
        ExampleSet(
            ("",) * len(order),
            rest.labels[order],
            rest.vectors[order],
            rest.vectors[order],
            categories,
        ),
        weights.neighbor,
        Calibration(0.0, 1.0, 1.0),
        Bounds(high=None, medium=None, abstain=0.0, min_score=-1.0),
    )


@given(
    counts=st.lists(st.integers(2, 6), min_size=2, max_size=SHORTLIST + 4),
    seed=st.integers(0, 10_000),
    weights=st.builds(Weights, st.sampled_from([0.5, 2.0, 8.0]), st.sampled_from([0.0, 0.3])),
)
def test_scores_are_those_of_a_version_built_without_the_example(
    counts: list[int], seed: int, weights: Weights
) -> None:
    training = training_set(counts, seed)
    scores = leave_one_out_scores(training, weights)
    left_out = seed % len(training.labels)
    rule = rule_without(training, left_out, weights)
    verdict = rule.decide(training.vectors[left_out], None)
    assert verdict.category is not None
    for answer, score in [
        (verdict.category, verdict.score),
        *((each.category, each.score) for each in verdict.alternatives),
    ]:
        assert scores[left_out, int(answer.slug)] == pytest.approx(score, abs=1e-5)
    assert scores[left_out].max() == pytest.approx(verdict.score, abs=1e-5)


def test_a_category_left_with_its_anchor_alone_is_scored_by_it() -> None:
    training = training_set([1, 3], seed=1)
    scores = leave_one_out_scores(training, Weights(2.0, 0.3, 0.0))
    lone = int(np.flatnonzero(training.labels == 0)[0])
    assert scores[lone, 0] == pytest.approx(training.vectors[lone] @ training.anchors[0], abs=1e-5)


def test_more_examples_than_a_chunk_are_scored_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    training = training_set([5, 7, 9], seed=2)
    whole = leave_one_out_scores(training, Weights(2.0, 0.3, 0.0))
    monkeypatch.setattr("classifier.training.prototypes.CHUNK", 4)
    np.testing.assert_allclose(
        leave_one_out_scores(training, Weights(2.0, 0.3, 0.0)), whole, atol=1e-6
    )
