"""Boundaries for a planned number of looks: O'Brien-Fleming-type spending of the level.

Lan, DeMets, "Discrete sequential boundaries for clinical trials" (1983): how much of the level has
been spent is a function of the share of the information that there is, so that looks need not come
when planned. The probabilities of stopping are integrated over the density of the statistic
that has not stopped: Armitage, McPherson, Rowe (1969); Jennison, Turnbull, "Group sequential
methods" (2000), ch. 19, here by Gauss-Legendre quadrature.
"""

from functools import lru_cache
from math import ceil, erfc, exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

from experiments.stats.normal import FARTHEST, both_tails, deviate, upper_tail

NODES, NODES_A_DEVIATION = (32, 64, 128, 256, 512), 3
# The score is never farther out than so many of its deviations.
REACH = 9.0
SMALLEST_LOG_P, LARGEST_LOG_P = log(1e-12), log(1 - 1e-9)
# Far more than Newton's and the secant method take.
STEPS = 100

_erfc = np.vectorize(erfc, otypes=[float])


def spent(share: float, alpha: float) -> float:
    """Of a two-sided level `alpha`, what is spent when `share` of the information is there.

    Each side spends 2 (1 - Phi(z / sqrt(share))) of its alpha / 2, z being the deviate of
    alpha / 4.
    """
    if share >= 1:
        return alpha
    return 4 * upper_tail(deviate(alpha / 4) / sqrt(share)) if share > 0 else 0.0


def boundaries(information: tuple[float, ...], looks: int, alpha: float) -> tuple[float, ...]:
    """The z beyond which to stop, at each look so far.

    `information` (rising, each above 0) is the share of the planned information at each look so
    far; the last of `looks` planned ones spends all that is left. A boundary is at most 37, beyond
    which no float has a probability. Raises ValueError unless information rises.
    """
    if any(late <= early for early, late in zip((0.0, *information), information, strict=False)):
        raise ValueError("information rises from look to look, and begins above 0.")
    return _boundaries(information, looks, alpha)


def boundary(information: tuple[float, ...], looks: int, alpha: float) -> float:
    """The one of the newest look."""
    return boundaries(information, looks, alpha)[-1]


def repeated_p(z: float, information: tuple[float, ...], looks: int) -> float:
    """The level at which the newest look would just have stopped at z; 1 where there is none.

    Jennison, Turnbull (2000), ch. 9: valid at every look. Below 1e-12 it is 1e-12. By the
    secant method on the boundary's square, in which the level's logarithm is nearly a line.
    """
    low, high, square = SMALLEST_LOG_P, LARGEST_LOG_P, z * z
    if square <= boundary(information, looks, exp(high)) ** 2:
        return 1.0
    if square >= boundary(information, looks, exp(low)) ** 2:
        return exp(low)
    slope = -min(1.0, information[-1]) / 2
    place = min(high, max(low, log(both_tails(z))))
    for _ in range(STEPS):
        before, missing = place, boundary(information, looks, exp(place)) ** 2 - square
        low, high = (before, high) if missing > 0 else (low, before)
        place = before - missing * slope
        if not low < place < high:
            place = (low + high) / 2
        if abs(place - before) < 1e-9:
            break
        gained = boundary(information, looks, exp(place)) ** 2 - square - missing
        slope = (place - before) / gained if gained else slope
    return exp(place)


@lru_cache(maxsize=4096)
def _boundaries(information: tuple[float, ...], looks: int, alpha: float) -> tuple[float, ...]:
    """On the scale of the score, whose increments are independent with variance `step`."""
    found: list[float] = []
    before, spent_before = 0.0, 0.0
    nodes, weights = np.zeros(1), np.ones(1)
    for look, share in enumerate(information, start=1):
        now = alpha if look >= looks else spent(share, alpha)
        step = sqrt(share - before)
        limit = _limit(nodes, weights, step, (now - spent_before) / 2, sqrt(share))
        found.append(limit / sqrt(share))
        places, sizes = _quadrature(min(limit, REACH * sqrt(share)), step)
        density = np.exp(-(((places[:, None] - nodes) / step) ** 2) / 2) @ weights
        nodes, weights = places, sizes * density / (step * sqrt(2 * np.pi))
        before, spent_before = share, max(now, spent_before)
    return tuple(found)


def _limit(
    nodes: NDArray[np.float64],
    weights: NDArray[np.float64],
    step: float,
    wanted: float,
    deviation: float,
) -> float:
    """The score that is passed upward with the probability `wanted`.

    By Newton's method on the probability's logarithm, which is concave: begun on the right of the
    root, where a walk that never stops would have it, it stays there.
    """
    farthest = FARTHEST * deviation
    if wanted <= 0:
        return farthest
    place = min(farthest, deviate(wanted) * deviation)
    for _ in range(STEPS):
        scaled = (place - nodes) / (step * sqrt(2))
        passed = float(_erfc(scaled) @ weights) / 2
        density = float(np.exp(-(scaled**2)) @ weights) / (step * sqrt(2 * np.pi))
        if passed <= 0 or density <= 0:
            place *= 0.9
            continue
        move = log(passed / wanted) * passed / density
        place += move
        if abs(move) < 1e-12 * deviation:
            break
    return min(farthest, max(0.0, place))


def _quadrature(limit: float, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights on [-limit, limit], dense enough for increments of this deviation."""
    wanted = ceil(NODES_A_DEVIATION * 2 * limit / step)
    count = next((count for count in NODES if count >= wanted), NODES[-1])
    places, sizes = _legendre(count)
    return limit * places, limit * sizes


@lru_cache(maxsize=len(NODES))
def _legendre(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    places, sizes = np.polynomial.legendre.leggauss(count)
    return places, sizes
