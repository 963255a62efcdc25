"""Weights rounded in blocks: on the grid, and with less loss than each by itself."""

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.export.rounding import PEAK, round_by_blocks

BLOCK = 16


@pytest.fixture
def weights() -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((70, 24)).astype(np.float32)


@pytest.fixture
def inputs() -> NDArray[np.float32]:
    """That go together, as activations do."""
    generator = np.random.default_rng(2)
    causes = generator.standard_normal((2000, 12))
    mixed = causes @ generator.standard_normal((12, 70))
    return np.asarray(mixed + 0.1 * generator.standard_normal((2000, 70)), dtype=np.float32)


def restored(numbers: NDArray[np.int8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    steps = np.repeat(scales, BLOCK, axis=0)[: len(numbers)]
    return np.asarray(numbers * steps, dtype=np.float32)


def test_a_last_block_that_is_shorter_has_its_own_scale(weights: NDArray[np.float32]) -> None:
    numbers, scales = round_by_blocks(weights, np.eye(70, dtype=np.float32), BLOCK)
    assert numbers.shape == (70, 24)
    assert scales.shape == (5, 24)
    assert np.abs(numbers.astype(int)).max() == PEAK


def test_inputs_that_do_not_go_together_are_rounded_to_the_nearest(
    weights: NDArray[np.float32],
) -> None:
    numbers, scales = round_by_blocks(weights, np.eye(70, dtype=np.float32), BLOCK)
    steps = np.repeat(scales, BLOCK, axis=0)[:70]
    assert np.abs(restored(numbers, scales) - weights).max() <= (steps / 2).max() * 1.0001


def test_products_err_less_than_with_nearest_numbers(
    weights: NDArray[np.float32], inputs: NDArray[np.float32]
) -> None:
    nearest = restored(*round_by_blocks(weights, np.eye(70, dtype=np.float32), BLOCK))
    together = restored(*round_by_blocks(weights, inputs.T @ inputs, BLOCK))
    exact = inputs @ weights
    error = np.square(inputs @ together - exact).sum()
    assert error < 0.5 * np.square(inputs @ nearest - exact).sum()


def test_weights_of_zero_stay_zero() -> None:
    numbers, scales = round_by_blocks(
        np.zeros((32, 3), dtype=np.float32), np.eye(32, dtype=np.float32), BLOCK
    )
    assert not numbers.any()
    assert np.isfinite(scales).all()


def test_an_input_that_was_never_seen_does_not_blow_up(weights: NDArray[np.float32]) -> None:
    moments = np.zeros((70, 70), dtype=np.float32)
    assert np.isfinite(restored(*round_by_blocks(weights, moments, BLOCK))).all()
