"""How good versions built from a few examples a category are, on rows they have not seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray

from classifier.engine.decision import DecisionRule
from classifier.engine.merchants.knowledge import mixed
from classifier.engine.types import CategoryInfo, Direction, Level
from classifier.exceptions import TrainingError
from classifier.training.build import build
from classifier.training.evaluation import expected_calibration_error, macro_f1
from classifier.training.folds import Indexes, deal_folds
from classifier.training.prototypes import NEIGHBOR_WEIGHTS, TrainingSet
from classifier.training.second_opinion import Wording

# The share of a category's rows that must move money one way before it is taken to do so always.
ONE_WAY_SHARE = 0.95


class Head(StrEnum):
    """What is built on the embeddings."""

    PROTOTYPE = "prototype"
    HYBRID = "hybrid"
    PROTOTYPE_NO_ANCHOR = "prototype-no-anchor"
    PROTOTYPE_NO_NEIGHBOR = "prototype-no-neighbor"


@dataclass(frozen=True)
class LabelledRows:
    """The rows of a file, embedded.

    `vectors` (n, d) float32 unit rows; `labels` (n,) int32 indexes into `categories`; `groups`
    (n,) ints, equal where rows must stay together; `anchors` (c, d) float32 unit rows; `flows`
    which way each row moves money, None where it is unknown; `evidence` (n, d) float32, what each
    row's merchant sells times how sure the merchant is, zero where nothing is known, None where
    merchants have no say.
    """

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    labels: NDArray[np.int32]
    groups: Indexes
    categories: tuple[CategoryInfo, ...]
    anchors: NDArray[np.float32]
    flows: tuple[Direction | None, ...]
    evidence: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Row indexes of the two sides; no group is on both, and each label is in `train`."""

    train: Indexes
    test: Indexes


@dataclass(frozen=True, slots=True)
class Figures:
    """How good the answers on the test rows are; shares from 0 to 1.

    `accuracy` and `macro_f1` are of the best category whether or not it was given as an answer;
    `coverage` is the share not abstained, `answered_precision` the share right among those
    (None where there are none).
    """

    accuracy: float
    macro_f1: float
    coverage: float
    answered_precision: float | None
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What a version said of the test rows, each (n,): which `rows` of the file they are, the
    `confidence` of the best category, whether it `is_right`, and where the level `is_high`."""

    rows: Indexes
    confidence: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    is_high: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One version, built from one draw. `shots` is None where it had all rows of the side."""

    head: Head
    shots: int | None
    seed: int
    train_rows: int
    test_rows: int
    anchor_weight: float | None
    merchant_weight: float | None
    figures: Figures
    answers: Answers


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and sample standard deviation; None where there is too little to say."""

    mean: float | None
    deviation: float | None


def split_rows(labels: NDArray[np.int32], groups: Indexes, test_share: float, seed: int) -> Split:
    """Split rows at random, whole groups at a time, `test_share` of each label for the test.

    A group belongs to the label most of its rows have. Every label keeps a group to train on,
    so one that has a single group is not tested. Raises TrainingError where no row is left for
    the test.
    """
    rng = np.random.default_rng(seed)
    members = {int(group): np.flatnonzero(groups == group) for group in np.unique(groups)}
    by_label: dict[int, list[Indexes]] = {}
    for rows in members.values():
        by_label.setdefault(int(np.bincount(labels[rows]).argmax()), []).append(rows)
    tested: list[Indexes] = []
    trained: list[Indexes] = []
    for label in sorted(by_label):
        shuffled = [by_label[label][index] for index in rng.permutation(len(by_label[label]))]
        wanted, taken = test_share * sum(map(len, shuffled)), 0
        trained.append(shuffled[0])
        for rows in shuffled[1:]:
            # Half a group over is as near to the share as half a group under.
            is_test = taken + len(rows) / 2 <= wanted
            taken += len(rows) * is_test
            (tested if is_test else trained).append(rows)
    for label in np.setdiff1d(labels, labels[np.concatenate(trained)]):
        holding = [index for index, rows in enumerate(tested) if label in labels[rows]]
        # None where the group moved for another label held this one too.
        if holding:
            trained.append(tested.pop(holding[0]))
    if not tested:
        raise TrainingError("No row is left to test on: every label has only one group of rows.")
    return Split(np.sort(np.concatenate(trained)), np.sort(np.concatenate(tested)))


def split_by_folds(labels: NDArray[np.int32], groups: Indexes, folds: int) -> list[Split]:
    """Cross-validation: each row is tested once, by what is built from the other folds; groups are
    whole. Raises TrainingError where there are fewer groups than folds."""
    if len(np.unique(groups)) < folds:
        raise TrainingError(f"{folds} folds need as many groups of rows, or more.")
    fold_of = deal_folds(groups, labels, folds)
    return [
        Split(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold))
        for fold in range(folds)
    ]


def distinct_rows(texts: Sequence[str], labels: NDArray[np.int32], rows: Indexes) -> Indexes:
    """The first of `rows` for each text and label, as the product keeps an example once. A text
    that came twice would be its own nearest neighbor and make leave-one-out too sure."""
    first: dict[tuple[str, int], int] = {}
    for row in rows:
        first.setdefault((texts[row], int(labels[row])), int(row))
    return np.array(list(first.values()), dtype=np.int64)


def draw_examples(
    labels: NDArray[np.int32], train: Indexes, shots: int | None, seed: int
) -> Indexes:
    """`shots` random rows of `train` a label, all where it has fewer or `shots` is None.

    For one seed a smaller draw is part of every larger one.
    """
    shuffled = np.random.default_rng(seed).permutation(train)
    drawn = [shuffled[labels[shuffled] == label][:shots] for label in np.unique(labels[train])]
    return np.sort(np.concatenate(drawn))


def judge(
    data: LabelledRows,
    split: Split,
    *,
    head: Head,
    shots: int | None,
    seed: int,
    abstain_below: float,
) -> Outcome:
    """Build a version from a draw of `split.train`, as the product does; let it decide on
    `split.test`, as the engine does."""
    examples = distinct_rows(data.texts, data.labels, split.train)
    drawn = draw_examples(data.labels, examples, shots, seed)
    has_anchor = head is not Head.PROTOTYPE_NO_ANCHOR
    built = build(
        _with_directions(data, split.train),
        [data.texts[row] for row in drawn],
        TrainingSet(
            vectors=data.vectors[drawn],
            labels=data.labels[drawn],
            # A vector of length zero adds nothing to a prototype, whatever its weight.
            anchors=data.anchors if has_anchor else np.zeros_like(data.anchors),
            evidence=None if data.evidence is None else data.evidence[drawn],
        ),
        abstain_below,
        (0.0,) if head is Head.PROTOTYPE_NO_NEIGHBOR else NEIGHBOR_WEIGHTS,
        Wording(
            [data.texts[row] for row in drawn],
            [category.name for category in data.categories],
            data.groups[drawn],
        )
        if head is Head.HYBRID
        else None,
    )
    rule = DecisionRule(
        built.prototypes,
        built.examples,
        built.neighbor_weight,
        built.calibration,
        built.bounds,
        built.second,
        built.back_off,
    )
    vectors = data.vectors[split.test]
    if data.evidence is not None:
        vectors = mixed(vectors, data.evidence[split.test], built.merchant_weight)
    place = {category.slug: index for index, category in enumerate(data.categories)}
    guesses, confidences, answered, high = [], [], [], []
    for row, vector in zip(split.test, vectors, strict=True):
        verdict = rule.decide(vector, data.flows[row], data.texts[row])
        guess = verdict.category or next((a.category for a in verdict.alternatives), None)
        guesses.append(place[guess.slug] if guess else -1)
        confidences.append(verdict.confidence or 0.0)
        answered.append(verdict.category is not None)
        high.append(verdict.level is Level.HIGH)
    truth, confidence = data.labels[split.test], np.array(confidences)
    return Outcome(
        head=head,
        shots=shots,
        seed=seed,
        train_rows=len(drawn),
        test_rows=len(split.test),
        anchor_weight=built.figures.anchor_weight if has_anchor else None,
        merchant_weight=None if data.evidence is None else built.merchant_weight,
        figures=measure(
            truth,
            np.array(guesses),
            confidence,
            np.array(answered),
        ),
        answers=Answers(split.test, confidence, np.array(guesses) == truth, np.array(high)),
    )


def measure(
    truth: NDArray[np.int32],
    guesses: Indexes,
    confidence: NDArray[np.float64],
    is_answered: NDArray[np.bool_],
) -> Figures:
    """All arrays are (n,); a guess of -1 is none and counts as wrong."""
    is_right = guesses == truth
    categories = int(max(truth.max(), guesses.max())) + 1
    return Figures(
        accuracy=float(is_right.mean()),
        macro_f1=macro_f1(truth, guesses, categories),
        coverage=float(is_answered.mean()),
        answered_precision=float(is_right[is_answered].mean()) if is_answered.any() else None,
        calibration_error=expected_calibration_error(confidence, is_right),
    )


def spread(values: Sequence[float | None]) -> Spread:
    """Over the values that can be said; the deviation needs two."""
    known = [value for value in values if value is not None]
    return Spread(
        mean=fmean(known) if known else None,
        deviation=stdev(known) if len(known) > 1 else None,
    )


def _with_directions(data: LabelledRows, train: Indexes) -> tuple[CategoryInfo, ...]:
    """Each category with the direction its train rows have, as an analyst would have set it."""
    result = []
    for index, category in enumerate(data.categories):
        flows = [data.flows[row] for row in train[data.labels[train] == index]]
        one_way = next(
            (
                flow
                for flow in (Direction.EXPENSE, Direction.INCOME)
                if flows.count(flow) >= ONE_WAY_SHARE * len(flows)
            ),
            Direction.ANY,
        )
        result.append(replace(category, direction=one_way))
    return tuple(result)
