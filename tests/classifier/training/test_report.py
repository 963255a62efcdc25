"""What a version says of its own examples, as figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.training.report import Report
from tests.classifier.training.reports import report_of

TAKEN = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=120
)


@pytest.fixture
def small() -> Report:
    """Groceries are known; coffee is taken for a restaurant twice, once surely."""
    return report_of(
        [
            ("TESCO", "groceries", "groceries", 0.99),
            ("ALDI", "groceries", "groceries", 0.95),
            ("BLUE BOTTLE", "coffee", "restaurants", 0.45),
            ("STARBUCKS", "coffee", "restaurants", 0.92),
            ("COSTA", "coffee", "coffee", 0.35),
            ("DISHOOM", "restaurants", "restaurants", 0.2),
        ],
        abstain_below=0.3,
    )


def test_accuracy_counts_best_guesses_and_answers_apart(small: Report) -> None:
    assert small.accuracy is not None
    assert (small.accuracy.count, small.accuracy.total) == (4, 6)
    assert small.answered is not None
    assert (small.answered.count, small.answered.total) == (3, 5)
    assert small.coverage == 5 / 6


def test_the_worst_category_comes_first(small: Report) -> None:
    slugs = [small.categories[each.index].slug for each in small.by_category]
    assert slugs == ["coffee", "restaurants", "groceries"]
    coffee = small.by_category[0]
    assert (coffee.examples, coffee.named, coffee.right) == (3, 1, 1)
    assert (coffee.precision, coffee.recall, coffee.f1) == (1.0, 1 / 3, 0.5)


def test_the_surest_mistakes_of_a_pair_come_first(small: Report) -> None:
    (pair,) = small.confusions
    assert [small.texts[place] for place in pair.examples] == ["STARBUCKS", "BLUE BOTTLE"]
    named = small.categories[pair.truth].slug, small.categories[pair.predicted].slug
    assert named == ("coffee", "restaurants")
    assert small.wrong_of(pair.predicted) == pair.examples
    assert small.wrong_of(0) == ()


def test_a_category_that_is_never_named_has_no_precision() -> None:
    report = report_of([("A", "coffee", "groceries", 0.5), ("B", "groceries", "groceries", 0.5)])
    coffee = report.by_category[0]
    assert (coffee.precision, coffee.recall, coffee.f1) == (None, 0.0, 0.0)


def test_primary_categories_are_confused_less_than_their_own(small: Report) -> None:
    assert small.primaries == ("Food",)
    assert small.primary_confusion.tolist() == [[6]]


def test_what_is_sure_enough_and_far_from_all_is_never_answered() -> None:
    report = report_of([("A", "coffee", "coffee", 0.9), ("B", "coffee", "coffee", 0.8)], far=["B"])
    assert report.curve.sizes.tolist() == [1]
    assert report.curve.total == 2


def test_a_version_without_examples_says_nothing() -> None:
    report = report_of([])
    assert (report.accuracy, report.answered, report.reliability) == (None, None, ())
    assert report.coverage == 0.0


@given(taken=TAKEN)
def test_all_counts_are_of_the_same_texts(taken: list[tuple[int, int, float]]) -> None:
    names = ("groceries", "coffee", "restaurants", "rent")
    report = report_of(
        [
            (f"TEXT {place}", names[truth], names[predicted], confidence)
            for place, (truth, predicted, confidence) in enumerate(taken)
        ]
    )
    assert report.accuracy is not None
    wrong = report.accuracy.total - report.accuracy.count
    assert report.confusion.sum() == report.primary_confusion.sum() == len(taken)
    assert np.trace(report.confusion) == report.accuracy.count
    assert sum(len(pair.examples) for pair in report.confusions) == wrong
    assert sum(bin.accuracy.total for bin in report.reliability) == len(taken)
    assert sum(bin.accuracy.count for bin in report.reliability) == report.accuracy.count
    assert sum(each.examples for each in report.by_category) == len(taken)
    present = [each.f1 for each in report.by_category if each.examples + each.named]
    assert report.macro_f1 == pytest.approx(np.mean(present))
    for each in report.reliability:
        assert each.start - 1e-9 <= each.confidence <= each.end + 1e-9
        assert each.accuracy.low - 1e-9 <= each.accuracy.value <= each.accuracy.high + 1e-9


def test_a_text_is_right_under_its_own_category(small: Report) -> None:
    right = small.right_by_text()
    assert right["COSTA", "coffee"] is True
    assert right["STARBUCKS", "coffee"] is False
