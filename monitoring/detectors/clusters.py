"""Which texts of a day are new: groups that are frequent now and rare in the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.stats import poisson

# Cosine from which two texts are neighbours.
NEAR = 0.6
# Mean cosine down to which groups are joined: texts of one merchant that name different places.
JOINED = 0.5
# A text's surroundings must hold so many times the share of the reference.
LIFT = 3.0
# As many as there are, and chance would give so many by the reference's share less often.
ALPHA = 1e-6
# A cluster of fewer transactions or of a smaller share of the day is not told.
MIN_SIZE = 5
MIN_SHARE = 0.005
# Distinct texts that are grouped, the most frequent of those that are new: linkage takes the
# square of them.
MAX_GROUPED = 1_500
MAX_CLUSTERS = 8


@dataclass(frozen=True)
class Weighed:
    """Distinct texts: `vectors` (n, d) float32 of length one, `counts` (n,) how often each came."""

    vectors: NDArray[np.float32]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cluster:
    """`members` are places in the day's texts, the most frequent first. `share` of the day's
    transactions lie within NEAR of its centre, `reference_share` of the reference's."""

    members: tuple[int, ...]
    centre: NDArray[np.float32]
    size: int
    share: float
    reference_share: float


def new_clusters(now: Weighed, reference: Weighed) -> list[Cluster]:
    """Those with the greatest gain of share first, MAX_CLUSTERS at most.

    A text is new where its surroundings hold LIFT times the share that they hold in the reference:
    a ratio of densities by a kernel that is a ball. New texts are grouped by average linkage of
    cosines: Sokal, Michener, A statistical method for evaluating systematic relationships (1958).
    """
    if not len(now.counts):
        return []
    shares, reference_shares = _surroundings(now.vectors, now, reference)
    # One of the reference might have been drawn and was not.
    floor, total = 1 / max(1, int(reference.counts.sum())), int(now.counts.sum())
    is_new = shares >= LIFT * (reference_shares + floor)
    new = np.flatnonzero(is_new)
    new = new[np.argsort(-now.counts[new], kind="stable")][:MAX_GROUPED]
    found = []
    for members in _groups(now.vectors[new]):
        rows = new[members]
        weights = now.counts[rows]
        size = int(weights.sum())
        centre = _unit(weights @ now.vectors[rows])
        (share,), (before,) = _surroundings(centre[None], now, reference)
        if _is_told(size, total, share, before + floor):
            ordered = rows[np.argsort(-weights, kind="stable")]
            found.append(
                Cluster(tuple(ordered.tolist()), centre, size, float(share), float(before))
            )
    found.sort(key=lambda cluster: cluster.reference_share - cluster.share)
    return found[:MAX_CLUSTERS]


def _is_told(size: int, total: int, share: float, before: float) -> bool:
    """Large, denser than before, and beyond chance."""
    return (
        size >= max(MIN_SIZE, MIN_SHARE * total)
        and share >= LIFT * before
        and float(poisson.sf(round(share * total) - 1, before * total)) < ALPHA
    )


def _surroundings(
    centres: NDArray[np.float32], now: Weighed, reference: Weighed
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of each sample that lies within NEAR of each centre (n, d): (n,) twice."""
    return _share_near(centres, now), _share_near(centres, reference)


def _share_near(centres: NDArray[np.float32], sample: Weighed) -> NDArray[np.float64]:
    total = max(1, int(sample.counts.sum()))
    near: NDArray[np.float64] = ((centres @ sample.vectors.T) >= NEAR) @ sample.counts / total
    return near


def _groups(vectors: NDArray[np.float32]) -> Sequence[NDArray[np.intp]]:
    """Places in `vectors` of each group."""
    if len(vectors) < 2:
        return [np.arange(len(vectors), dtype=np.intp)] if len(vectors) else []
    similarities = np.clip(vectors @ vectors.T, -1.0, 1.0)
    apart = (1 - similarities)[np.triu_indices(len(vectors), 1)].astype(np.float64)
    labels = fcluster(linkage(apart, "average"), 1 - JOINED, criterion="distance")
    return [np.flatnonzero(labels == label) for label in np.unique(labels)]


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    norm = float(np.linalg.norm(vector))
    scaled: NDArray[np.float32] = (vector / norm if norm else vector).astype(np.float32)
    return scaled
