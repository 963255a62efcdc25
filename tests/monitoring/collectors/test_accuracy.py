"""How right answers were is what people said within a minute."""

from datetime import UTC, datetime, timedelta

import pytest

from classifier.models import Category, Feedback, ModelVersion, ReviewEvent, ReviewItem
from monitoring.collectors import accuracy_seen
from tests.monitoring.traffic import make_predictions

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
State = ReviewItem.State


@pytest.fixture
def category(db: None) -> Category:
    return Category.objects.get(slug="groceries")


def seen(series: str, start: datetime = NOON) -> dict[str, tuple[int, float]]:
    """Count and total by label."""
    return {
        each.label: (each.sums.count, each.sums.total)
        for each in accuracy_seen(start, start + MINUTE)
        if each.series == series
    }


def review(item: ReviewItem, at: datetime, category: Category) -> ReviewEvent:
    event = ReviewEvent.objects.create(
        item=item, from_state=State.PENDING, to_state=State.SUBMITTED, category=category
    )
    ReviewEvent.objects.filter(pk=event.pk).update(created_at=at)
    return event


def test_feedback_counts_when_it_was_said(active_version: ModelVersion, category: Category) -> None:
    right, wrong, late = make_predictions(active_version, NOON - timedelta(days=2), 3, category)
    for prediction, is_correct, at in (
        (right, True, NOON),
        (wrong, True, NOON),
        (wrong, False, NOON + timedelta(seconds=30)),
        (late, False, NOON + MINUTE),
    ):
        said = Feedback.objects.create(prediction=prediction, is_correct=is_correct)
        Feedback.objects.filter(pk=said.pk).update(created_at=at)
    assert seen("accuracy_feedback") == {"": (2, 1), active_version.name: (2, 1)}


def test_what_was_taken_back_does_not_count(
    active_version: ModelVersion, category: Category
) -> None:
    (prediction,) = make_predictions(active_version, NOON, 1, category)
    Feedback.objects.create(prediction=prediction, is_correct=False, status="replaced")
    Feedback.objects.update(created_at=NOON)
    assert seen("accuracy_feedback") == {"": (0, 0)}


def test_a_review_judges_what_was_drawn_since_the_last(
    active_version: ModelVersion, category: Category
) -> None:
    other = Category.objects.get(slug="restaurants")
    first = make_predictions(active_version, NOON - MINUTE, 2, category, is_audited=True)
    make_predictions(active_version, NOON - MINUTE, 1, is_audited=True)
    make_predictions(active_version, NOON - MINUTE, 1, category)
    item = ReviewItem.objects.create(
        canonical_text="netflix com", reason="audit", prediction=first[0]
    )
    review(item, NOON + timedelta(seconds=1), category)
    assert seen("accuracy_audit") == {"": (2, 2), active_version.name: (2, 2)}
    make_predictions(active_version, NOON + MINUTE, 1, category, is_audited=True)
    review(item, NOON + 2 * MINUTE + timedelta(seconds=1), other)
    assert seen("accuracy_audit", NOON + 2 * MINUTE) == {"": (1, 0), active_version.name: (1, 0)}
