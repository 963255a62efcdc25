"""How far two distributions over the same cells are apart."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Added to each cell, so that an empty one makes no distance infinite: Jeffreys' prior of a
# multinomial.
PRIOR = 0.5
# A cell in which fewer are expected joins others: below that, χ² is no good description of chance
# (Cochran, Some methods for strengthening the common χ² tests, 1954).
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


def joined_cells(shares: NDArray[np.float64], rows: int) -> NDArray[np.intp]:
    """Which cell each of the k cells joins, (k,) from 0 up, where `rows` are drawn by `shares`
    (k,).

    A cell keeps its own place where MIN_EXPECTED are expected of it. The others join the next of
    them until so many are expected together; what is left at the end joins those before.
    """
    expected = rows * shares
    is_kept = expected >= MIN_EXPECTED
    first = place = int(is_kept.sum())
    places = np.empty(len(shares), dtype=np.intp)
    places[is_kept] = np.arange(first)
    gathered = 0.0
    for cell in np.flatnonzero(~is_kept).tolist():
        places[cell] = place
        gathered += float(expected[cell])
        if gathered >= MIN_EXPECTED:
            place, gathered = place + 1, 0.0
    if place > first:
        places[places == place] = place - 1
    return places


def joined(counts: NDArray[np.int64], places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Counts (k,) over the cells that `joined_cells` gave."""
    summed = np.bincount(places, weights=counts, minlength=int(places.max()) + 1)
    return summed.astype(np.int64)


def quantile_edges(values: ArrayLike, cells: int = 10) -> NDArray[np.float64]:
    """What cuts a sample into cells of like size, ascending. A value that is several of the
    quantiles has a cell of its own, with room below and above it: were all the same, what comes to
    differ would else stay in their cell."""
    sample = np.asarray(values, dtype=np.float64)
    quantiles = np.quantile(sample, np.arange(1, cells) / cells, method="higher")
    edges, times = np.unique(quantiles, return_counts=True)
    frequent = edges[times > 1]
    # An edge at the least value has nothing below it.
    edges = edges[(edges > sample.min()) | (times > 1)]
    is_whole = bool(np.all(sample == np.rint(sample)))
    above = frequent + 1 if is_whole else np.nextafter(frequent, np.inf)
    both: NDArray[np.float64] = np.union1d(edges, above)
    return both


def counted(values: ArrayLike, edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many lie in each cell, (edges + 1,); a value at an edge is in the cell above it."""
    places = np.searchsorted(edges, np.asarray(values, dtype=np.float64), side="right")
    return np.bincount(places, minlength=len(edges) + 1).astype(np.int64)


def _shares(counts: ArrayLike) -> NDArray[np.float64]:
    raised = np.asarray(counts, dtype=np.float64) + PRIOR
    shares: NDArray[np.float64] = raised / raised.sum()
    return shares
