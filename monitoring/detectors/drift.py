"""Is a day drawn from what the calm days were drawn from?

Days differ by themselves: a Monday is no Sunday, and a pay day is neither. A null of random
sampling alone would find drift in each of them. So each calm day is held against the other calm
days, and what they differ by beyond chance is allowed of the day in question, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from monitoring.detectors.distances import (
    jensen_shannon,
    joined,
    joined_cells,
    population_stability,
)

# Of a day or of a calm day fewer say nothing.
MIN_ROWS = 200
# Fewer calm days do not show how days differ.
MIN_DAYS = 5
# How often chance alone may be taken for drift, by a kind and a day.
ALPHA = 0.001
# Calm days differ by more than chance where chance would make them differ so less often.
DAYS_ALPHA = 0.01
# How many standard deviations between calm days are allowed beyond their mean.
DEVIATIONS = 3.0
# Siddiqi (2006): up to here a population counts as stable.
PSI_BOUND = 0.1


@dataclass(frozen=True, slots=True)
class CannotSay:
    """Why nothing is said, in a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Drift:
    """A distance beside what it is judged by.

    The threshold is the greater of `bound`, below which a distance does not matter, and of
    `chance` (what random sampling gives at these sizes, but for ALPHA) with `between_days` (what
    calm days differ by beyond that). Of few rows chance decides, as a test would; of many the
    bound does. `jensen_shannon` is None where there are no cells.
    """

    distance: float
    bound: float
    chance: float
    between_days: float
    jensen_shannon: float | None = None

    @property
    def threshold(self) -> float:
        return max(self.bound, self.chance + self.between_days)

    @property
    def ratio(self) -> float:
        return self.distance / self.threshold

    @property
    def is_drift(self) -> bool:
        return self.ratio >= 1


def count_drift(
    now: NDArray[np.int64], days: NDArray[np.int64], bound: float = PSI_BOUND
) -> Drift | CannotSay:
    """Of counts by cell: `now` (k,) against calm `days` (d, k), by the population stability index.

    Under no drift it is about (1/n + 1/m) χ² with k - 1 degrees of freedom: Yurdakul, Naranjo,
    Statistical properties of the population stability index (2020).
    """
    days = days[days.sum(axis=1) >= MIN_ROWS]
    unsaid = too_few(int(now.sum()), days.sum(axis=1).tolist())
    if unsaid is not None:
        return unsaid
    reference = days.sum(axis=0)
    # So that what is new has a cell as well as what is gone.
    shares = (now / now.sum() + reference / reference.sum()) / 2
    # A few small days among large ones have cells of their own size, and make none of the others'.
    rows = min(int(now.sum()), int(np.median(days.sum(axis=1))))
    held = _held(now, reference, shares, rows)
    if held.freedom == 0:
        return Drift(0.0, bound, 0.0, 0.0, 0.0)
    excess, errors = [], []
    for day in days:
        other = _held(day, reference - day, shares, min(rows, int(day.sum())))
        excess.append(other.distance - other.freedom * other.unit)
        errors.append(np.sqrt(2 * other.freedom) * other.unit)
    return Drift(
        distance=held.distance,
        bound=bound,
        chance=float(held.unit * stats.chi2.ppf(1 - ALPHA, held.freedom)),
        between_days=day_allowance(excess, errors),
        jensen_shannon=held.jensen_shannon,
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """Two rows of counts, one against the other: over `freedom` + 1 cells, by chance `unit` χ²
    apart."""

    distance: float
    jensen_shannon: float
    freedom: int
    unit: float


def _held(
    a: NDArray[np.int64], b: NDArray[np.int64], shares: NDArray[np.float64], rows: int
) -> _Held:
    """Over the cells that so many rows fill."""
    places = joined_cells(shares, rows)
    a, b = joined(a, places), joined(b, places)
    return _Held(
        population_stability(a, b),
        jensen_shannon(a, b),
        len(a) - 1,
        float(1 / a.sum() + 1 / b.sum()),
    )


def too_few(rows: int, days: Sequence[int]) -> CannotSay | None:
    """Whether so many rows, and calm days that have MIN_ROWS each, say nothing."""
    if rows < MIN_ROWS:
        return CannotSay(f"There are {rows:,} rows to measure; {MIN_ROWS:,} are needed.")
    if len(days) < MIN_DAYS:
        return CannotSay(
            f"The calm window has {len(days)} days with {MIN_ROWS:,} rows; {MIN_DAYS} are needed "
            "to know how days differ."
        )
    return None


def day_allowance(excess: Sequence[float], errors: Sequence[float]) -> float:
    """What calm days differ by beyond chance: the mean of their excess distances, and DEVIATIONS
    times the standard deviation between days; 0 where chance explains it all.

    `errors` are the standard errors that chance gives the distances. Whether there is something
    to explain is asked of the sum of squares, as Cochran's Q does; the variance between days is
    what is left of the observed one, by moments: DerSimonian, Laird, Meta-analysis in clinical
    trials (1986).
    """
    found, noise = np.asarray(excess), np.asarray(errors)
    if np.sum((found / noise) ** 2) <= stats.chi2.ppf(1 - DAYS_ALPHA, len(found)):
        return 0.0
    between = max(0.0, float(found.var(ddof=1) - np.mean(noise**2)))
    return max(0.0, float(found.mean())) + DEVIATIONS * float(np.sqrt(between))
