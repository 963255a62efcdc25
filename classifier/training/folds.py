"""Folds for cross-validation in which no merchant is on both sides."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Indexes = NDArray[np.int64]


def whole_groups(texts: Sequence[str], names: Sequence[str]) -> Indexes:
    """Which rows must stay on one side, (n,): equal ints where rows share a text or a name,
    directly or through others. An empty name is none."""
    _, text_of = np.unique(texts, return_inverse=True)
    _, name_of = np.unique(names, return_inverse=True)
    texts_in_all = int(text_of.max()) + 1
    is_named = np.array([bool(name) for name in names])
    nodes = texts_in_all + int(name_of.max()) + 1
    links = coo_array(
        (np.ones(is_named.sum()), (text_of[is_named], texts_in_all + name_of[is_named])),
        shape=(nodes, nodes),
    )
    _, component = connected_components(links, directed=False)
    _, groups = np.unique(component[text_of], return_inverse=True)
    return groups


def deal_folds(groups: Indexes, labels: NDArray[np.int32], folds: int, seed: int = 0) -> Indexes:
    """The fold of each row, (n,), from 0 to folds - 1: groups are whole, and those of one label are
    dealt out in turn, so that each fold has its share of every label.

    A group belongs to the label that most of its rows have.
    """
    rng = np.random.default_rng(seed)
    distinct, place = np.unique(groups, return_inverse=True)
    label_of = np.array(
        [np.bincount(labels[place == group]).argmax() for group in range(len(distinct))]
    )
    fold_of = np.zeros(len(distinct), dtype=np.int64)
    dealt = 0
    for label in np.unique(label_of):
        members = rng.permutation(np.flatnonzero(label_of == label))
        fold_of[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return fold_of[place]
