"""Two encoders are compared by what is decided with them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engine.prototypes import unit
from classifier.engine.shares import Share
from classifier.exceptions import TrainingError
from classifier.training.comparison import compare_training
from classifier.training.paired import paired_difference_interval
from classifier.training.prototypes import TrainingSet

BOOLS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=5, max_size=300)


def training(seed: int, noise: float = 0.0) -> TrainingSet:
    """Forty texts about four corners, moved by noise."""
    rng = np.random.default_rng(7)
    labels = np.repeat(np.arange(4), 10).astype(np.int32)
    corners = np.eye(4, 8)
    vectors = corners[labels] + 0.7 * rng.normal(size=(40, 8))
    vectors += noise * np.random.default_rng(seed).normal(size=(40, 8))
    return TrainingSet(unit(vectors.astype(np.float32)), labels, unit(corners.astype(np.float32)))


def test_an_encoder_differs_from_itself_in_nothing() -> None:
    found = compare_training(training(1), training(1))
    assert (found.changed.count, found.changed.total, found.difference) == (0, 40, 0.0)
    assert found.difference_low <= 0 <= found.difference_high


def test_what_was_decided_otherwise_is_counted_among_those_to_count() -> None:
    one, other = training(1), training(1, noise=1.0)
    counted = np.arange(40) < 20
    everything, half = compare_training(one, other), compare_training(one, other, counted=counted)
    assert 0 < half.changed.count <= everything.changed.count
    assert half.changed.total == 20
    gap = everything.candidate_accuracy - everything.reference_accuracy
    assert everything.difference == pytest.approx(100 * gap)


def test_sets_of_different_texts_are_refused() -> None:
    one = training(1)
    other = TrainingSet(one.vectors, one.labels[::-1].copy(), one.anchors)
    with pytest.raises(TrainingError, match="labels differ"):
        compare_training(one, other)


@given(pairs=BOOLS)
def test_the_interval_holds_the_difference_and_is_mirrored(pairs: list[tuple[bool, bool]]) -> None:
    ones, others = (np.array(side) for side in zip(*pairs, strict=True))
    low, high = paired_difference_interval(ones, others)
    difference = ones.mean() - others.mean()
    assert -1 - 1e-9 <= low <= difference + 1e-9
    assert difference - 1e-9 <= high <= 1 + 1e-9
    mirrored = paired_difference_interval(others, ones)
    assert mirrored == pytest.approx((-high, -low), abs=1e-9)


def test_a_share_has_its_wilson_interval() -> None:
    share = Share.of(18, 1547)
    assert (share.value, share.low, share.high) == pytest.approx(
        (0.011635, 0.007373, 0.018318), abs=1e-6
    )
