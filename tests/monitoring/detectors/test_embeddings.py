"""Vectors of a day against those of calm days, category by category; and what is new among them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.detectors.clusters import Weighed, new_clusters
from monitoring.detectors.drift import CannotSay, Drift
from monitoring.detectors.embeddings import Texts, embedding_drift, mean_discrepancy

DIMENSION = 32
STRATA = 6
DAYS = np.repeat(np.arange(7), 200)
random = np.random.default_rng


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled.astype(np.float32)


CENTRES = random(1).normal(size=(STRATA + 1, DIMENSION))


def texts(
    rows: int, seed: int, new: float = 0.0, shares: NDArray[np.float64] | None = None
) -> Texts:
    """Texts about the centre of their category; a share `new` of them about a centre of its own,
    in the categories of the others."""
    draw = random(seed)
    strata = draw.choice(STRATA, rows, p=shares)
    centre = np.where(draw.random(rows) < new, STRATA, strata)
    vectors = CENTRES[centre] + 0.7 * draw.normal(size=(rows, DIMENSION))
    return Texts(unit(vectors), strata.astype(np.int64))


def measured(now: Texts) -> Drift:
    found = embedding_drift(now, texts(len(DAYS), 2), DAYS)
    assert isinstance(found, Drift)
    return found


def test_texts_of_the_same_kinds_are_no_drift() -> None:
    assert not any(measured(texts(800, 10 + seed)).is_drift for seed in range(10))


def test_one_in_ten_of_a_new_kind_is_drift() -> None:
    assert measured(texts(800, 10, new=0.1)).is_drift


def test_a_shift_between_categories_alone_is_none() -> None:
    shares = np.array([0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    now = texts(800, 10, shares=shares)
    assert not measured(now).is_drift
    whole = mean_discrepancy(now.vectors, texts(len(DAYS), 2).vectors)
    assert whole is not None
    assert whole > measured(now).threshold


def test_the_same_texts_give_the_same_figures() -> None:
    assert measured(texts(500, 10)) == measured(texts(500, 10))


def test_a_category_that_only_one_side_has_breaks_nothing() -> None:
    now = texts(500, 10)
    found = measured(Texts(now.vectors, now.strata + 3))
    assert np.isfinite(found.ratio)
    assert np.isfinite(measured(Texts(now.vectors, now.strata + STRATA)).ratio)


def test_texts_that_are_all_the_same_break_nothing() -> None:
    same = Texts(np.tile(unit(CENTRES[:1]), (300, 1)), np.zeros(300, dtype=np.int64))
    reference = Texts(
        np.tile(same.vectors[:1], (len(DAYS), 1)), np.zeros(len(DAYS), dtype=np.int64)
    )
    found = embedding_drift(same, reference, DAYS)
    assert isinstance(found, Drift)
    assert found.ratio == pytest.approx(0, abs=1e-3)


def test_too_few_texts_say_nothing() -> None:
    assert isinstance(embedding_drift(texts(50, 1), texts(len(DAYS), 2), DAYS), CannotSay)


def test_the_new_kind_is_the_first_cluster_and_nothing_else_is_in_it() -> None:
    draw = random(3)
    old, new = (
        unit(CENTRES[:STRATA].repeat(40, axis=0) + 0.2 * draw.normal(size=(240, 32))),
        unit(CENTRES[STRATA] + 0.2 * draw.normal(size=(12, 32))),
    )
    now = Weighed(np.concatenate([old, new]), np.array([4] * 240 + [5] * 12))
    (found,) = new_clusters(now, Weighed(old, np.full(240, 10)))
    assert sorted(found.members) == list(range(240, 252))
    assert (found.size, found.reference_share) == (60, 0)
    assert found.share == 60 / 1020


def test_what_is_as_frequent_as_before_is_no_cluster_and_none_of_nothing() -> None:
    old = Weighed(unit(CENTRES[:STRATA].repeat(20, axis=0)), np.full(120, 5))
    assert new_clusters(old, old) == []
    assert new_clusters(Weighed(old.vectors[:0], old.counts[:0]), old) == []
