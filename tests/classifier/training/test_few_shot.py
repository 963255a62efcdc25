from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.engine.prototypes import unit
from classifier.engine.types import CategoryInfo, Direction
from classifier.exceptions import TrainingError
from classifier.training.few_shot import (
    Head,
    LabelledRows,
    Outcome,
    Split,
    draw_examples,
    judge,
    measure,
    split_rows,
    spread,
)
from classifier.training.folds import whole_groups

LABELLED = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 25)), min_size=2, max_size=80).map(
    lambda rows: (np.array([r[0] for r in rows], np.int32), np.array([r[1] for r in rows]))
)


def category(slug: str) -> CategoryInfo:
    return CategoryInfo(slug, slug, slug, slug, Direction.ANY)


def rows_around_axes(
    per_label: int, labels: int = 3, noise: float = 0.2, seed: int = 0
) -> LabelledRows:
    """Texts scattered about one axis a label; anchors are the axes."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(labels, dtype=np.int32), per_label)
    axes = np.eye(labels, 8, dtype=np.float32)
    scattered = axes[truth] + noise * rng.standard_normal((len(truth), 8)).astype(np.float32)
    return LabelledRows(
        texts=tuple(f"text {index}" for index in range(len(truth))),
        vectors=unit(scattered),
        labels=truth,
        groups=np.arange(len(truth)),
        categories=tuple(category(f"c{index}") for index in range(labels)),
        anchors=axes,
        flows=(None,) * len(truth),
    )


# One group holds two labels that are nowhere else.
@example((np.array([0, 0, 0, 1, 2], dtype=np.int32), np.array([0, 1, 2, 0, 0])), 0.5, 0)
@given(LABELLED, st.floats(0.05, 0.95), st.integers(0, 5))
def test_a_split_keeps_groups_whole_and_every_label_in_train(
    rows: tuple[np.ndarray, np.ndarray], share: float, seed: int
) -> None:
    labels, groups = rows
    try:
        split = split_rows(labels, groups, share, seed)
    except TrainingError:
        # A table too small to be cut at that share; the error has a test of its own.
        return
    assert not set(groups[split.train]) & set(groups[split.test])
    assert sorted([*split.train, *split.test]) == list(range(len(labels)))
    assert set(labels[split.train]) == set(labels)
    assert len(split.test) > 0


@given(LABELLED, st.integers(1, 8), st.integers(0, 5))
def test_a_draw_has_k_rows_of_each_label_or_all_it_has(
    rows: tuple[np.ndarray, np.ndarray], shots: int, seed: int
) -> None:
    labels, _ = rows
    train = np.flatnonzero(np.arange(len(labels)) % 3 != 0)
    drawn = draw_examples(labels, train, shots, seed)
    assert set(drawn) <= set(train)
    assert len(set(drawn)) == len(drawn)
    for label in np.unique(labels[train]):
        have = int((labels[train] == label).sum())
        assert int((labels[drawn] == label).sum()) == min(shots, have)


def test_a_smaller_draw_is_part_of_a_larger_one() -> None:
    labels = np.repeat(np.arange(3, dtype=np.int32), 10)
    train = np.arange(30)
    draws = [set(draw_examples(labels, train, shots, seed=4)) for shots in (1, 5, None)]
    assert draws[0] < draws[1] < draws[2] == set(range(30))


def test_a_split_takes_the_share_of_each_label_and_follows_its_seed() -> None:
    labels = np.repeat(np.arange(2, dtype=np.int32), [10, 100])
    groups = np.arange(110)
    split = split_rows(labels, groups, 0.4, seed=1)
    assert np.bincount(labels[split.test]).tolist() == [4, 40]
    assert (split_rows(labels, groups, 0.4, seed=1).test == split.test).all()
    assert (split_rows(labels, groups, 0.4, seed=2).test != split.test).any()


def test_a_label_that_only_shares_groups_with_others_is_still_trained_on() -> None:
    labels = np.array([0, 0, 1] * 20, dtype=np.int32)
    groups = np.repeat(np.arange(20), 3)
    for seed in range(5):
        assert set(labels[split_rows(labels, groups, 0.5, seed).train]) == {0, 1}


def test_labels_of_one_group_each_leave_nothing_to_test_on() -> None:
    with pytest.raises(TrainingError, match="No row is left to test on"):
        split_rows(np.array([0, 0, 1], np.int32), np.array([7, 7, 8]), 0.4, seed=0)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=40))
def test_no_text_and_no_named_group_is_in_two_groups(rows: list[tuple[int, int]]) -> None:
    texts = [f"text {text}" for text, _ in rows]
    names = [f"name {name}" if name else "" for _, name in rows]
    groups = whole_groups(texts, names)
    assert set(groups) == set(range(groups.max() + 1))
    for shared in (texts, names):
        for value in set(shared) - {""}:
            assert len({groups[row] for row, other in enumerate(shared) if other == value}) == 1


def test_texts_that_share_nothing_are_groups_of_their_own() -> None:
    assert len(set(whole_groups(["a", "b", "c", "d"], ["", "", "x", "y"]))) == 4
    assert whole_groups(["a", "b", "b", "c"], ["x", "x", "y", ""]).tolist() == [0, 0, 0, 1]


def test_rows_that_come_again_change_nothing() -> None:
    data = rows_around_axes(per_label=25, noise=0.5)
    times = 5
    again = LabelledRows(
        texts=data.texts * times,
        vectors=np.tile(data.vectors, (times, 1)),
        labels=np.tile(data.labels, times),
        groups=np.tile(data.groups, times),
        categories=data.categories,
        anchors=data.anchors,
        flows=data.flows * times,
    )

    def outcome(rows: LabelledRows) -> Outcome:
        split = split_rows(rows.labels, rows.groups, 0.4, seed=0)
        return judge(rows, split, head=Head.PROTOTYPE, shots=None, seed=0, abstain_below=0.35)

    once, often = outcome(data), outcome(again)
    assert (often.train_rows, often.anchor_weight) == (once.train_rows, once.anchor_weight)
    assert asdict(often.figures) == pytest.approx(asdict(once.figures))


def test_figures_are_those_worked_out_by_hand() -> None:
    figures = measure(
        truth=np.array([0, 0, 1, 1], dtype=np.int32),
        guesses=np.array([0, 1, 1, -1]),
        confidence=np.array([0.9, 0.5, 0.7, 0.0]),
        is_answered=np.array([True, False, True, False]),
    )
    assert figures.accuracy == 0.5
    assert figures.macro_f1 == pytest.approx((2 / 3 + 2 / 4) / 2)
    assert figures.coverage == 0.5
    assert figures.answered_precision == 1.0
    assert figures.calibration_error == pytest.approx((0.1 + 0.5 + 0.3 + 0.0) / 4)


def test_the_precision_of_no_answers_cannot_be_said() -> None:
    figures = measure(np.array([0], np.int32), np.array([0]), np.array([0.2]), np.array([False]))
    assert figures.answered_precision is None
    assert (figures.accuracy, figures.coverage) == (1.0, 0.0)


def test_a_spread_is_over_what_can_be_said() -> None:
    assert spread([0.2, None, 0.4]).mean == pytest.approx(0.3)
    assert spread([0.2, None, 0.4]).deviation == pytest.approx(0.02**0.5)
    assert (spread([0.5]).mean, spread([0.5]).deviation) == (0.5, None)
    assert spread([None]).mean is None


def test_texts_near_their_labels_are_judged_right() -> None:
    data = rows_around_axes(per_label=40, noise=0.05)
    split = split_rows(data.labels, data.groups, 0.4, seed=0)
    outcome = judge(data, split, head=Head.PROTOTYPE, shots=5, seed=0, abstain_below=0.35)
    assert outcome.figures.accuracy == 1.0
    assert (outcome.train_rows, outcome.test_rows) == (15, 48)


def test_without_anchors_their_names_change_nothing() -> None:
    data = rows_around_axes(per_label=20, noise=0.4)
    turned = LabelledRows(
        **{
            **{name: getattr(data, name) for name in data.__dataclass_fields__},
            "anchors": np.roll(data.anchors, 1, axis=0),
        }
    )
    split = split_rows(data.labels, data.groups, 0.4, seed=0)

    def accuracy(rows: LabelledRows, head: Head) -> float:
        outcome = judge(rows, split, head=head, shots=1, seed=0, abstain_below=0.35)
        return outcome.figures.accuracy

    assert accuracy(data, Head.PROTOTYPE_NO_ANCHOR) == accuracy(turned, Head.PROTOTYPE_NO_ANCHOR)
    assert accuracy(data, Head.PROTOTYPE) > accuracy(turned, Head.PROTOTYPE)


def test_one_example_a_label_is_judged_for_many_labels() -> None:
    data = rows_around_axes(per_label=4, labels=8, noise=0.3)
    split = split_rows(data.labels, data.groups, 0.4, seed=0)
    for head in Head:
        outcome = judge(data, split, head=head, shots=1, seed=0, abstain_below=0.35)
        assert outcome.train_rows == 8
        assert 0 <= outcome.figures.calibration_error <= 1


def test_a_label_that_only_takes_money_in_is_ruled_out_for_money_out() -> None:
    data = rows_around_axes(per_label=10, labels=2, noise=0.0)
    flows = (Direction.EXPENSE,) * 10 + (Direction.INCOME,) * 10
    # One row lies on the other label's axis, and its amount says better.
    vectors = data.vectors.copy()
    vectors[0] = data.anchors[1]
    split = Split(train=np.r_[1:10, 11:20], test=np.array([0]))

    def guess_is_right(known: tuple[Direction | None, ...]) -> bool:
        rows = LabelledRows(
            data.texts, vectors, data.labels, data.groups, data.categories, data.anchors, known
        )
        outcome = judge(rows, split, head=Head.PROTOTYPE, shots=None, seed=0, abstain_below=0.0)
        return outcome.figures.accuracy == 1.0

    assert guess_is_right(flows)
    assert not guess_is_right((None,) * 20)
