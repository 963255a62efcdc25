"""Answering less makes answers better; a wanted precision is kept or said to be out of reach."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifier.training.risk_coverage import MIN_ANSWERS, PrecisionTarget, RiskCoverage

CONFIDENCES = st.sampled_from([0.1, 0.35, 0.5, 0.75, 0.9, 0.99])
TEXTS = st.lists(st.tuples(CONFIDENCES, st.booleans()), min_size=MIN_ANSWERS, max_size=200)


def columns(texts: list[tuple[float, bool]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, right = zip(*texts, strict=True)
    return np.array(values), np.array(right)


def graded() -> RiskCoverage:
    """A hundred texts: the surest sixty right, then a half of twenty, then none."""
    values = np.repeat([0.95, 0.6, 0.2], [60, 20, 20])
    right = np.concatenate([np.ones(60, bool), np.arange(20) % 2 == 0, np.zeros(20, bool)])
    return RiskCoverage.of(values, right)


def test_a_point_counts_all_that_are_as_sure() -> None:
    curve = graded()
    assert curve.bounds.tolist() == [0.95, 0.6, 0.2]
    assert curve.sizes.tolist() == [60, 80, 100]
    assert curve.precisions.tolist() == [1.0, 70 / 80, 0.7]
    assert curve.coverages.tolist() == [0.6, 0.8, 1.0]


def test_a_wanted_precision_is_reached_at_the_lowest_bound_that_keeps_it() -> None:
    reach = graded().reach(0.78)
    assert reach.measured is not None
    assert (reach.measured.bound, reach.measured.coverage) == (0.6, 0.8)
    assert reach.sure is not None
    assert (reach.sure.bound, reach.sure.size) == (0.6, 80)
    higher = graded().reach(0.88).sure
    assert higher is not None
    assert higher.bound == 0.95


def test_of_a_precision_out_of_reach_the_nearest_bound_is_told() -> None:
    reach = graded().reach(0.98)
    assert reach.sure is None
    assert reach.measured is not None
    assert reach.chosen == reach.nearest
    assert reach.chosen is not None
    assert (reach.chosen.bound, reach.chosen.precision) == (0.95, 1.0)
    assert reach.chosen.low < 0.98
    assert PrecisionTarget.of(reach) == PrecisionTarget(0.98, False, reach.nearest)


def test_where_everything_keeps_it_the_bound_is_the_installations_own() -> None:
    reach = graded().reach(0.5, abstain_below=0.3)
    assert reach.chosen is not None
    assert reach.chosen.bound == 0.3
    assert reach.chosen.size == 80


def test_what_is_far_from_all_is_not_answered_and_counts_as_not_covered() -> None:
    values, right = np.full(100, 0.9), np.full(100, True)
    curve = RiskCoverage.of(values, right, np.arange(100) < 40)
    assert (curve.sizes.tolist(), curve.coverages.tolist()) == ([40], [0.4])


def test_too_few_texts_say_nothing() -> None:
    few = RiskCoverage.of(np.full(MIN_ANSWERS - 1, 0.9), np.full(MIN_ANSWERS - 1, True))
    assert few.reach(0.9).chosen is None
    assert graded().reach(0.9, abstain_below=0.99).chosen is None
    assert PrecisionTarget.of(few.reach(0.9)) == PrecisionTarget(0.9, False, None)
    assert RiskCoverage.of(np.zeros(0), np.zeros(0, bool)).answering(0.0) is None


@given(texts=TEXTS, bound=st.floats(0, 1))
def test_a_bound_answers_exactly_what_is_as_sure(
    texts: list[tuple[float, bool]], bound: float
) -> None:
    values, right = columns(texts)
    found = RiskCoverage.of(values, right).answering(bound)
    inside = values >= bound
    if found is None:
        assert not inside.any()
    else:
        assert (found.size, found.right) == (inside.sum(), right[inside].sum())


@given(texts=TEXTS, wanted=st.floats(0.01, 0.999), floor=st.floats(0, 0.09))
def test_no_lower_bound_keeps_the_precision(
    texts: list[tuple[float, bool]], wanted: float, floor: float
) -> None:
    values, right = columns(texts)
    curve = RiskCoverage.of(values, right)
    reach = curve.reach(wanted, floor)
    assert reach.chosen is not None
    assert reach.nearest is not None
    chosen = curve.answering(reach.chosen.bound)
    assert chosen is not None
    assert chosen.size == reach.chosen.size
    assert reach.chosen.bound >= floor
    for bound in np.unique(values):
        other = curve.answering(float(bound))
        assert other is not None
        if other.size >= MIN_ANSWERS and (bound < chosen.bound or reach.sure is None):
            assert other.low < wanted
            assert reach.sure is not None or other.low <= reach.nearest.low
