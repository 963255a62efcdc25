"""Sufficient statistics made by hand, and hypothesis strategies of them."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from experiments.stats.types import PreSums, UnitSums


def mean_sums(total: float, squares: float, units: int) -> UnitSums:
    """Of units with one value each."""
    return UnitSums(units, total, units, squares, units, total)


def share_sums(successes: int, units: int) -> UnitSums:
    return mean_sums(successes, successes, units)


def sums_of(
    y: ArrayLike,
    d: ArrayLike | None = None,
    x: ArrayLike | None = None,
    z: ArrayLike | None = None,
) -> UnitSums:
    """Of per-unit numerators and denominators, now and before; ones where there is no d or z."""
    y = np.asarray(y, dtype=float)
    d = np.ones_like(y) if d is None else np.asarray(d, dtype=float)
    pre = None
    if x is not None:
        x = np.asarray(x, dtype=float)
        z = np.ones_like(x) if z is None else np.asarray(z, dtype=float)
        pre = PreSums(
            *map(float, (x.sum(), z.sum(), x @ x, z @ z, x @ z, y @ x, y @ z, d @ x, d @ z))
        )
    squares = float(y @ y), float(d @ d), float(y @ d)
    return UnitSums(len(y), float(y.sum()), float(d.sum()), *squares, pre)


NUMBERS = st.floats(-1e12, 1e12, allow_subnormal=False) | st.sampled_from(
    [0.0, 1.0, -1.0, 1e12, -1e12, 1e-12, 1e-300, 1e150, 5e-324]
)
COUNTS = st.integers(0, 50).map(float)


@st.composite
def arms(draw: st.DrawFn, *, with_history: bool | None = None) -> UnitSums:
    """Anything that may be measured: no unit, one, alike, zeros, huge and tiny numbers."""
    units = draw(st.integers(0, 12))

    def column(values: st.SearchStrategy[float]) -> Sequence[float]:
        if draw(st.booleans()):
            return [draw(values)] * units
        return draw(st.lists(values, min_size=units, max_size=units))

    y = column(NUMBERS)
    d = [1.0] * units if draw(st.booleans()) else column(COUNTS | NUMBERS.map(abs))
    if with_history or (with_history is None and draw(st.booleans())):
        return sums_of(y, d, column(NUMBERS), column(COUNTS))
    return sums_of(y, d)
