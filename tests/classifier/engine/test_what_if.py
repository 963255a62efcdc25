"""What a version would answer if its examples were others, held against one built so."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.engine.bundle import Bundle
from classifier.engine.calibration import Calibration
from classifier.engine.decision import Bounds, DecisionRule
from classifier.engine.linear import LinearClassifier, SecondOpinion
from classifier.engine.ngrams import BUCKETS
from classifier.engine.prototypes import ExampleSet, PrototypeSet, unit
from classifier.engine.traffic import Asked, Findings, Snapshot, Traffic
from classifier.engine.types import CategoryInfo, Direction
from classifier.engine.what_if import NO_ANSWER, Addition, Retrial
from classifier.exceptions import BundleError
from classifier.training.prototypes import TrainingSet, build_prototypes

CATEGORIES, EXAMPLES, TEXTS, DIMENSION = 14, 90, 500, 12
FLOWS = (None, Direction.EXPENSE, Direction.INCOME)
ANCHOR_WEIGHT = 2.0
Vectors = NDArray[np.float32]


def some(count: int, seed: int) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    return unit(rows.astype(np.float32))


def category(place: int) -> CategoryInfo:
    direction = (Direction.EXPENSE, Direction.INCOME, Direction.ANY)[place % 3]
    return CategoryInfo(f"c{place}", f"C{place}", "p", "P", direction)


ANCHORS = some(CATEGORIES + 1, seed=1)
LABELS = np.sort(np.arange(EXAMPLES, dtype=np.int32) % CATEGORIES)
VECTORS = unit(some(EXAMPLES, seed=2) + ANCHORS[LABELS])


def linear() -> LinearClassifier:
    chance = np.random.default_rng(3)
    return LinearClassifier(
        chance.normal(size=(DIMENSION, CATEGORIES)).astype(np.float32),
        chance.normal(size=(BUCKETS, CATEGORIES)).astype(np.float32),
        np.ones(BUCKETS, dtype=np.float32),
        np.zeros(CATEGORIES, dtype=np.float32),
    )


def bundle_of(
    vectors: Vectors,
    labels: NDArray[np.int32],
    count: int = CATEGORIES,
    second: SecondOpinion | None = None,
) -> Bundle:
    """As a build makes it, with the weights held."""
    categories = tuple(category(place) for place in range(count))
    order = np.argsort(labels, kind="stable")
    training = TrainingSet(vectors[order], labels[order], ANCHORS[:count])
    return Bundle(
        version="v1",
        folder=Path(),
        encoder=cast(Any, None),
        normalizer_version=1,
        prototypes=PrototypeSet(categories, build_prototypes(training, ANCHOR_WEIGHT)),
        anchors=ANCHORS[:count],
        examples=ExampleSet(
            ("",) * len(labels), labels[order], vectors[order], vectors[order], categories
        ),
        neighbor_weight=0.3,
        calibration=Calibration(-3.0, 6.0, 4.0),
        bounds=Bounds(high=None, medium=None, abstain=0.35, min_score=0.4),
        figures={"anchor_weight": ANCHOR_WEIGHT},
        merchants=None,
        second=second,
        back_off=None,
        held_out=None,
    )


ASKED = tuple(
    Asked(f"text {number} of {number % 7}", FLOWS[number % 3], "") for number in range(TEXTS)
)
SEEN = unit(some(TEXTS, seed=4) + 1.5 * VECTORS[np.arange(TEXTS) % EXAMPLES])


def retrial(bundle: Bundle) -> Retrial:
    traffic = Traffic(ASKED, np.ones(TEXTS, dtype=np.int64), SEEN)
    return Retrial(bundle, Snapshot(traffic, Findings.of(bundle, ASKED, SEEN)))


def decided(bundle: Bundle) -> list[str | None]:
    """By the engine's own rule, text by text."""
    rule = DecisionRule(
        bundle.prototypes,
        bundle.examples,
        bundle.neighbor_weight,
        bundle.calibration,
        bundle.bounds,
        bundle.second,
    )
    verdicts = [
        rule.decide(vector, asked.flow, asked.text)
        for vector, asked in zip(SEEN, ASKED, strict=True)
    ]
    return [verdict.category.slug if verdict.category else None for verdict in verdicts]


def slugs(outcomes: Any) -> list[str | None]:
    found = [outcomes.category(int(index)) for index in outcomes.best]
    return [each and each.slug for each in found]


@pytest.fixture(params=[None, 0.5], ids=["prototypes", "with a second opinion"])
def second(request: pytest.FixtureRequest) -> SecondOpinion | None:
    return request.param and SecondOpinion(linear(), request.param, 10.0)


def test_as_it_is_it_answers_what_the_engine_answers(second: SecondOpinion | None) -> None:
    bundle = bundle_of(VECTORS, LABELS, second=second)
    found = retrial(bundle).before
    assert slugs(found) == decided(bundle)
    assert NO_ANSWER in found.best
    assert len(set(found.best.tolist())) > CATEGORIES / 2


def test_an_example_more_is_as_if_built_with_it() -> None:
    before = bundle_of(VECTORS, LABELS)
    vector = some(1, seed=5)
    after = bundle_of(np.vstack([VECTORS, vector]), np.append(LABELS, np.int32(4)))
    found = retrial(before).after([Addition(category(4), "new text", vector[0])])
    assert slugs(found) == decided(after)
    assert decided(after) != decided(before)


def test_an_example_less_is_as_if_built_without_it() -> None:
    before = bundle_of(VECTORS, LABELS)
    after = bundle_of(np.delete(VECTORS, 30, axis=0), np.delete(LABELS, 30))
    assert slugs(retrial(before).after([], [30])) == decided(after)
    assert decided(after) != decided(before)


def test_an_example_that_moves_is_as_if_built_where_it_goes() -> None:
    labels = LABELS.copy()
    labels[30] = 9
    found = retrial(bundle_of(VECTORS, LABELS)).after(
        [Addition(category(9), "", VECTORS[30])], [30]
    )
    assert slugs(found) == decided(bundle_of(VECTORS, labels))


def test_the_first_example_of_a_category_is_as_if_built_with_the_category() -> None:
    vector = unit(ANCHORS[CATEGORIES:] + some(1, seed=6))
    after = bundle_of(
        np.vstack([VECTORS, vector]), np.append(LABELS, np.int32(CATEGORIES)), CATEGORIES + 1
    )
    addition = Addition(category(CATEGORIES), "new text", vector[0], ANCHORS[CATEGORIES])
    found = retrial(bundle_of(VECTORS, LABELS)).after([addition])
    assert slugs(found) == decided(after)
    assert category(CATEGORIES).slug in slugs(found)


def test_a_category_that_loses_its_last_example_is_never_the_answer() -> None:
    last = CATEGORIES - 1
    trial = retrial(bundle_of(VECTORS, LABELS))
    rows = np.flatnonzero(last == LABELS).tolist()
    assert category(last).slug in slugs(trial.before)
    without = last != LABELS
    assert slugs(trial.after([], rows)) == decided(
        bundle_of(VECTORS[without], LABELS[without], last)
    )


def test_nothing_changes_where_nothing_is_added_and_what_was_tried_is_not_kept() -> None:
    trial = retrial(bundle_of(VECTORS, LABELS))
    trial.after([Addition(category(4), "new text", some(1, seed=5)[0])], [30])
    assert np.array_equal(trial.after([]).best, trial.before.best)


def test_a_snapshot_is_read_as_it_was_written(second: SecondOpinion | None) -> None:
    bundle = bundle_of(VECTORS, LABELS, second=second)
    traffic = Traffic(ASKED, np.arange(TEXTS), SEEN)
    written = Snapshot(traffic, Findings.of(bundle, ASKED, SEEN))
    read = Snapshot.from_bytes(written.to_bytes())
    assert read.traffic.asked == ASKED
    assert np.array_equal(read.traffic.counts, traffic.counts)
    assert np.array_equal(read.traffic.vectors, SEEN)
    assert np.array_equal(read.findings.closest, written.findings.closest)
    assert (read.findings.logits is None) == (second is None)


@pytest.mark.parametrize("content", [b"", b"no safetensors", b"\0" * 64])
def test_what_is_no_snapshot_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match="no snapshot of traffic"):
        Snapshot.from_bytes(content)


def test_findings_of_some_texts_are_those_of_the_whole() -> None:
    bundle = bundle_of(VECTORS, LABELS, second=SecondOpinion(linear(), 0.5, 10.0))
    whole = Findings.of(bundle, ASKED, SEEN)
    rows = np.array([7, 3, 400])
    few = Findings.of(bundle, [ASKED[row] for row in rows.tolist()], SEEN[rows])
    assert np.allclose(whole.taken(rows).closest, few.closest, atol=1e-6)
    joined = whole.taken(np.arange(5)).joined(whole.taken(np.arange(5, TEXTS)))
    assert np.array_equal(joined.closest, whole.closest)
    assert joined.logits is not None
    assert np.array_equal(joined.logits, cast(Any, whole.logits))
