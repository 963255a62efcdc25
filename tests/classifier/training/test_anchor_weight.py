import numpy as np

from classifier.engine.prototypes import unit
from classifier.training.calibration import Scored, fit_calibration
from classifier.training.prototypes import (
    DEFAULT_ANCHOR_WEIGHT,
    TrainingSet,
    choose_anchor_weight,
)


def training_set(per_label: int, anchors_are_right: bool, noise: float = 0.5) -> TrainingSet:
    rng = np.random.default_rng(3)
    axes = np.eye(6, 24, dtype=np.float32)
    labels = np.repeat(np.arange(6, dtype=np.int32), per_label)
    scattered = axes[labels] + noise * rng.standard_normal((len(labels), 24)).astype(np.float32)
    anchors = axes if anchors_are_right else np.roll(axes, 1, axis=0)
    return TrainingSet(unit(scattered), labels, anchors)


def test_one_example_a_category_cannot_speak_against_the_default_weight() -> None:
    for is_right in (True, False):
        training = training_set(1, anchors_are_right=is_right)
        assert choose_anchor_weight(training) == DEFAULT_ANCHOR_WEIGHT


def test_names_that_mislead_lose_their_weight() -> None:
    assert choose_anchor_weight(training_set(4, anchors_are_right=False)) < 1


def test_names_that_are_better_than_the_examples_gain_weight() -> None:
    chosen = choose_anchor_weight(training_set(20, anchors_are_right=True, noise=1.5))
    assert chosen > DEFAULT_ANCHOR_WEIGHT


def test_a_lone_example_has_no_vote_beside_categories_with_many() -> None:
    many = training_set(20, anchors_are_right=True)
    with_lone = TrainingSet(
        vectors=np.vstack([many.vectors, np.eye(1, 24, 7, dtype=np.float32)]),
        labels=np.append(many.labels, 6).astype(np.int32),
        anchors=np.vstack([many.anchors, np.eye(1, 24, 8, dtype=np.float32)]),
    )
    assert choose_anchor_weight(with_lone) == choose_anchor_weight(many)


def test_a_nearer_text_is_never_less_sure() -> None:
    """Twelve examples on which the near ones happen to be wrong."""
    scored = Scored(
        score=np.linspace(0.2, 0.8, 12),
        margin=np.linspace(0.0, 0.2, 12),
        is_right=np.arange(12) < 6,
    )
    calibration = fit_calibration(scored)
    assert calibration.confidence(0.8, 0.2) >= calibration.confidence(0.2, 0.0)
