"""Folds: a merchant is in one, and every label in as many as it can be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from classifier.training.folds import deal_folds

FOLDS = 5
rows = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=1, max_size=60)


def dealt(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    groups, labels = (np.array(column) for column in zip(*pairs, strict=True))
    return groups, labels, deal_folds(groups, labels.astype(np.int32), FOLDS)


@given(rows)
def test_a_group_is_in_one_fold(pairs: list[tuple[int, int]]) -> None:
    groups, _, folds = dealt(pairs)
    assert all(len(set(folds[groups == group])) == 1 for group in groups)
    assert set(folds) <= set(range(FOLDS))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_groups_of_one_label_are_spread_evenly(labels: list[int]) -> None:
    _, found, folds = dealt(list(enumerate(labels)))
    for label in set(labels):
        sizes = np.bincount(folds[found == label], minlength=FOLDS)
        assert sizes.max() - sizes.min() <= 1


def test_the_same_rows_are_dealt_alike() -> None:
    pairs = [(group % 7, group % 3) for group in range(40)]
    assert dealt(pairs)[2].tolist() == dealt(pairs)[2].tolist()
