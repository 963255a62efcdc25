"""Weights as whole numbers, rounded so that the products err least."""

import numpy as np
from numpy.typing import NDArray

# The largest whole number, of both signs.
PEAK = 127
# Of the mean of the diagonal; what the texts never showed must not blow up.
DAMPING = 0.01
# Blocks whose rows make up for one another one by one; for earlier rows one product does.
LAZY_BLOCKS = 2


def round_by_blocks(
    weights: NDArray[np.float32], moments: NDArray[np.float32], block_size: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round weights (inputs, outputs) to int8 with a scale for each block of inputs and output.

    `moments` (inputs, inputs), the sum of x xᵀ over inputs x, says how far inputs go together:
    as far as they do, a row makes up for the errors of the rows before it. What is lost is
    tr(Eᵀ M E) for the errors E; with M = A D Aᵀ, A being upper triangular of unit diagonal, row k
    errs least where it is rounded from w_k + Σ_{j<k} A_jk E_j. Chee et al., "QuIP" (2023), eq. 2,
    which equals Frantar et al., "GPTQ" (2023). Returns the whole numbers, of the shape of
    `weights`, and the scales (blocks, outputs).
    """
    inputs, outputs = weights.shape
    exact = weights.astype(np.float64)
    feedback = _feedback(moments)
    numbers = np.empty((inputs, outputs), dtype=np.int8)
    scales = np.empty((-(-inputs // block_size), outputs), dtype=np.float32)
    errors = np.zeros((inputs, outputs))
    step = LAZY_BLOCKS * block_size
    for start in range(0, inputs, step):
        stop = min(start + step, inputs)
        wanted = exact[start:stop] + feedback[:start, start:stop].T @ errors[:start]
        for row in range(start, stop):
            if row % block_size == 0:
                peaks = np.abs(wanted[row - start : row - start + block_size]).max(axis=0)
                scales[row // block_size] = np.where(peaks > 0, peaks / PEAK, 1)
            within = feedback[start:row, row] @ errors[start:row]
            scale = scales[row // block_size]
            rounded = np.clip(np.rint((wanted[row - start] + within) / scale), -PEAK, PEAK)
            numbers[row] = rounded
            errors[row] = exact[row] - rounded * scale
    return numbers, scales


def _feedback(moments: NDArray[np.float32]) -> NDArray[np.float64]:
    """The A of M = A D Aᵀ: Cholesky from the last row to the first, columns scaled."""
    damped = moments.astype(np.float64)
    size = len(damped)
    damped[np.diag_indices(size)] += DAMPING * np.trace(damped) / size + np.finfo(float).tiny
    upper = np.linalg.cholesky(damped[::-1, ::-1])[::-1, ::-1]
    return upper / np.diag(upper)
