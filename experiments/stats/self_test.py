"""Would the tests raise false alarms on this deployment's own traffic?

An A/A test that costs no traffic: units that were measured are drawn to two arms at random, which
then differ by chance alone, many times over: Kohavi, Tang, Xu, "Trustworthy online controlled
experiments" (2020), ch. 19. The methods promise that at most `alpha` of these raise an alarm.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.stats.analysis import analyse_metric
from experiments.stats.hypothesis import wilson
from experiments.stats.types import AnalysisSpec, CannotSay, Method, UnitSums

MINIMUM_UNITS, MOST_UNITS = 120, 20_000
MOST_REPETITIONS = 2000
MOST_LOOKS = 100


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How many of the repetitions raised an alarm, with the 95% Wilson interval of their share."""

    count: int
    repetitions: int
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, repetitions: int) -> "FalseAlarms":
        return cls(count, repetitions, count / repetitions, *wilson(count, repetitions))


@dataclass(frozen=True, slots=True)
class SelfTest:
    """`fixed`: the delta method, once, over all units. `sequential`: at any of `looks` looks."""

    units: int
    looks: int
    fixed: FalseAlarms
    sequential: FalseAlarms


def run_self_test(
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    repetitions: int = 1000,
    looks: int = 10,
    alpha: float = 0.05,
    seed: int = 0,
) -> SelfTest | CannotSay:
    """Of per-unit numerators (n,) and denominators (n,), the units in any order.

    In each repetition units arrive in a random order, each in an arm drawn for it. More than
    20,000 units are sampled down to as many; fewer than 120 are too few. Raises ValueError for
    arrays that differ in length or are not finite, for more than 2,000 repetitions or 100 looks.
    """
    y, d = (np.asarray(values, dtype=float) for values in (numerators, denominators))
    if y.ndim != 1 or y.shape != d.shape or not (np.isfinite(y).all() and np.isfinite(d).all()):
        raise ValueError("Numerators and denominators are finite numbers, one of each a unit.")
    if not (1 <= repetitions <= MOST_REPETITIONS and 1 <= looks <= MOST_LOOKS):
        raise ValueError(f"{repetitions} repetitions of {looks} looks.")
    chance = np.random.default_rng(seed)
    moments = np.column_stack((y, d, y * y, d * d, y * d))
    moments = moments[chance.permutation(len(moments))[:MOST_UNITS]]
    sequential = AnalysisSpec(alpha=alpha, planned_units=max(1, len(moments)))
    fixed = replace(sequential, method=Method.FIXED)
    if len(moments) < MINIMUM_UNITS:
        return CannotSay.TOO_FEW_UNITS if len(moments) else CannotSay.NO_DATA
    at_end = at_any = 0
    for _ in range(repetitions):
        arms = _looks(moments, looks, chance)
        last = analyse_metric(*arms[-1], fixed)
        if last.reason is not None:
            return last.reason
        at_end += _is_alarm(last.p_value, alpha)
        at_any += any(_is_alarm(analyse_metric(*arm, sequential).p_value, alpha) for arm in arms)
    return SelfTest(
        len(moments),
        looks,
        FalseAlarms.of(at_end, repetitions),
        FalseAlarms.of(at_any, repetitions),
    )


def _looks(
    moments: NDArray[np.float64], looks: int, chance: np.random.Generator
) -> list[tuple[UnitSums, UnitSums]]:
    """Control and variant as they stand after each look's share of the units has arrived."""
    order = chance.permutation(len(moments))
    arms = chance.integers(0, 2, len(moments))
    ends = np.unique(np.linspace(0, len(moments), looks + 1).astype(int)[1:])
    sides = []
    for arm in (0, 1):
        mine = np.where(arms[:, None] == arm, 1.0, 0.0)
        running = np.cumsum(np.column_stack((mine, moments[order] * mine)), axis=0)
        sides.append([_sums(row) for row in running[ends - 1]])
    return list(zip(*sides, strict=True))


def _sums(row: NDArray[np.float64]) -> UnitSums:
    units, y, d, yy, dd, yd = map(float, row)
    return UnitSums(int(units), y, d, yy, dd, yd)


def _is_alarm(p_value: float | None, alpha: float) -> bool:
    return p_value is not None and p_value < alpha
