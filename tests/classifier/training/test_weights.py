from dataclasses import replace

import numpy as np

from classifier.engine.prototypes import unit
from classifier.training.calibration import Scored, fit_calibration
from classifier.training.prototypes import DEFAULT_WEIGHTS, TrainingSet, Weights, choose_weights


def training_set(per_label: int, anchors_are_right: bool, noise: float = 0.5) -> TrainingSet:
    rng = np.random.default_rng(3)
    axes = np.eye(6, 24, dtype=np.float32)
    labels = np.repeat(np.arange(6, dtype=np.int32), per_label)
    scattered = axes[labels] + noise * rng.standard_normal((len(labels), 24)).astype(np.float32)
    anchors = axes if anchors_are_right else np.roll(axes, 1, axis=0)
    return TrainingSet(unit(scattered), labels, anchors)


def merchants(spread_out: bool) -> TrainingSet:
    """Six categories of four merchants, ten texts each. Spread out, a category's merchants
    have nothing in common but their label."""
    rng = np.random.default_rng(4)
    merchant = np.repeat(np.arange(24), 10)
    labels = (merchant % 6).astype(np.int32)
    axes = np.eye(24, 48, dtype=np.float32)[merchant if spread_out else labels]
    scattered = axes + 0.12 * rng.standard_normal((240, 48)).astype(np.float32)
    anchors = rng.standard_normal((6, 48)).astype(np.float32)
    return TrainingSet(unit(scattered), labels, unit(anchors))


def test_one_example_a_category_cannot_speak_against_the_default() -> None:
    for is_right in (True, False):
        training = training_set(1, anchors_are_right=is_right)
        assert choose_weights(training) == Weights(
            DEFAULT_WEIGHTS.anchor, neighbor=0.0, merchant=0.0
        )


def test_names_that_mislead_lose_their_weight() -> None:
    assert choose_weights(training_set(4, anchors_are_right=False)).anchor < 1


def test_names_that_are_better_than_the_examples_gain_weight() -> None:
    chosen = choose_weights(training_set(20, anchors_are_right=True, noise=1.5))
    assert chosen.anchor > DEFAULT_WEIGHTS.anchor


def test_what_makes_no_clear_difference_stays_at_the_default() -> None:
    usual = replace(DEFAULT_WEIGHTS, merchant=0.0)
    assert choose_weights(merchants(spread_out=False)) == usual


def test_weights_are_chosen_among_those_allowed() -> None:
    assert choose_weights(merchants(spread_out=True), (0.0,)).neighbor == 0.0


def test_a_lone_example_has_no_vote_beside_categories_with_many() -> None:
    many = training_set(20, anchors_are_right=True)
    # On an axis of its own, so that it is in no other's way.
    alone = np.eye(1, 25, 24, dtype=np.float32)
    with_lone = TrainingSet(
        vectors=np.vstack([np.pad(many.vectors, ((0, 0), (0, 1))), alone]),
        labels=np.append(many.labels, 6).astype(np.int32),
        anchors=np.vstack([np.pad(many.anchors, ((0, 0), (0, 1))), -alone]),
    )
    assert choose_weights(with_lone) == choose_weights(many)


def test_a_nearer_text_is_never_less_sure() -> None:
    """Twelve examples on which the near ones happen to be wrong."""
    scored = Scored(
        score=np.linspace(0.2, 0.8, 12),
        margin=np.linspace(0.0, 0.2, 12),
        is_right=np.arange(12) < 6,
        similarity=np.linspace(0.2, 0.8, 12),
    )
    calibration = fit_calibration(scored)
    assert calibration.confidence(0.8, 0.2) >= calibration.confidence(0.2, 0.0)
