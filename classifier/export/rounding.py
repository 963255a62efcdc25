"""Weights as whole numbers, rounded so that the products err least."""

import numpy as np
from numpy.typing import NDArray

# The largest whole number, of both signs.
PEAK = 127
# Of the mean of the diagonal; what the texts never showed must not blow up.
DAMPING = 0.01
# Rows whose errors are handed on one by one; the rest gets them as one product.
LAZY_BLOCKS = 2


def round_by_blocks(
    weights: NDArray[np.float32], moments: NDArray[np.float32], block_size: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round weights (inputs, outputs) to int8 with a scale for each block of inputs and output.

    Row by row, the error of rounding is made up for in the rows that are not yet rounded, as far
    as the inputs go together: `moments` (inputs, inputs) is the sum of x xᵀ over inputs x. Frantar
    et al., "GPTQ" (2023), eq. 2 and algorithm 1. Returns the whole numbers, of the shape of
    `weights`, and the scales (blocks, outputs).
    """
    inputs, outputs = weights.shape
    left = weights.astype(np.float64)
    damped = moments.astype(np.float64)
    damped[np.diag_indices(inputs)] += DAMPING * np.trace(damped) / inputs + np.finfo(float).tiny
    factor = np.linalg.cholesky(np.linalg.inv(damped)).T
    numbers = np.empty((inputs, outputs), dtype=np.int8)
    scales = np.empty((-(-inputs // block_size), outputs), dtype=np.float32)
    step = LAZY_BLOCKS * block_size
    for start in range(0, inputs, step):
        stop = min(start + step, inputs)
        errors = np.empty((stop - start, outputs))
        for row in range(start, stop):
            if row % block_size == 0:
                block = np.abs(left[row : min(row + block_size, inputs)]).max(axis=0)
                scales[row // block_size] = np.where(block > 0, block / PEAK, 1)
            scale = scales[row // block_size]
            numbers[row] = np.clip(np.rint(left[row] / scale), -PEAK, PEAK)
            error = (left[row] - numbers[row] * scale) / factor[row, row]
            left[row + 1 : stop] -= np.outer(factor[row, row + 1 : stop], error)
            errors[row - start] = error
        left[stop:] -= factor[start:stop, stop:].T @ errors
    return numbers, scales
