"""How far two distributions over the same cells are apart."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Added to each cell, so that an empty one makes no distance infinite: Jeffreys' prior of a
# multinomial.
PRIOR = 0.5
# A cell in which fewer are expected joins the rest: below that, χ² is no good description of
# chance (Cochran, Some methods for strengthening the common χ² tests, 1954).
MIN_EXPECTED = 10.0


def population_stability(now: ArrayLike, reference: ArrayLike) -> float:
    """The population stability index of two rows of counts (k,): Σ (p - q) ln(p / q).

    Siddiqi, Credit risk scorecards (2006); it is Jeffreys' divergence (1946) by another name.
    """
    p, q = _shares(now), _shares(reference)
    return float(np.sum((p - q) * np.log(p / q)))


def jensen_shannon(now: ArrayLike, reference: ArrayLike) -> float:
    """The Jensen-Shannon distance of two rows of counts (k,), from 0 to 1: the square root of the
    divergence in bits (Lin, Divergence measures based on the Shannon entropy, 1991), which is a
    metric (Endres, Schindelin, A new metric for probability distributions, 2003)."""
    p, q = _shares(now), _shares(reference)
    middle = (p + q) / 2
    divergence = np.sum(p * np.log2(p / middle) + q * np.log2(q / middle)) / 2
    return float(np.sqrt(np.clip(divergence, 0.0, 1.0)))


def joined_cells(now: NDArray[np.int64], days: NDArray[np.int64]) -> NDArray[np.intp]:
    """Which cell each of the k cells joins, (k,) from 0 up, for counts (k,) and (days, k).

    A cell keeps its own place where MIN_EXPECTED are expected of it in the smallest of the rows,
    at the mean of the two shares, so that what is new has a cell as well as what is gone. All
    others share the last one.
    """
    reference = days.sum(axis=0)
    smallest = min(int(now.sum()), int(days.sum(axis=1).min()))
    shares = (now / max(now.sum(), 1) + reference / max(reference.sum(), 1)) / 2
    is_kept = smallest * shares >= MIN_EXPECTED
    places = np.full(len(now), int(is_kept.sum()), dtype=np.intp)
    places[is_kept] = np.arange(int(is_kept.sum()))
    return places


def joined(counts: NDArray[np.int64], places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Counts (k,) over the cells that `joined_cells` gave."""
    summed = np.bincount(places, weights=counts, minlength=int(places.max()) + 1)
    return summed.astype(np.int64)


def quantile_edges(values: ArrayLike, cells: int = 10) -> NDArray[np.float64]:
    """What cuts a sample into cells of like size, ascending, without what repeats: fewer edges
    where many values are the same, none where all are."""
    sample = np.asarray(values, dtype=np.float64)
    edges = np.unique(np.quantile(sample, np.arange(1, cells) / cells, method="higher"))
    # An edge at the least value has nothing below it.
    above: NDArray[np.float64] = edges[edges > sample.min()]
    return above


def counted(values: ArrayLike, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many lie in each cell, (edges + 1,); a value at an edge is in the cell above it."""
    places = np.searchsorted(edges, np.asarray(values, dtype=np.float64), side="right")
    return np.bincount(places, minlength=len(edges) + 1).astype(np.int64)


def _shares(counts: ArrayLike) -> NDArray[np.float64]:
    raised = np.asarray(counts, dtype=np.float64) + PRIOR
    shares: NDArray[np.float64] = raised / raised.sum()
    return shares
