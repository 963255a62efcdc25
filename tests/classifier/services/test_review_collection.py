"""What comes into the review queue, why, and how often a text is in it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from classifier.models import (
    Category,
    ModelVersion,
    Prediction,
    ReviewCursor,
    ReviewEvent,
    ReviewItem,
)
from classifier.models.choices import AnnotatorChoices, LevelChoices
from classifier.services import review_collection
from classifier.services.review import claim, discard, skip, submit
from classifier.services.review_collection import fill_queue
from tests.reviews import answered, predicted, queued

pytestmark = pytest.mark.usefixtures("active_version")
Reason, State = ReviewItem.Reason, ReviewItem.State
SHOP = "QWOP HARBOUR SHOP"


def reasons() -> dict[str, str]:
    return dict(ReviewItem.objects.values_list("canonical_text", "reason"))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"level": LevelChoices.ABSTAIN}, Reason.ABSTAINED),
        ({"level": LevelChoices.LOW}, Reason.LOW_MARGIN),
        ({"level": LevelChoices.HIGH, "margin": 0.049}, Reason.LOW_MARGIN),
        ({"level": LevelChoices.HIGH, "margin": 0.05}, None),
        ({"level": LevelChoices.ABSTAIN, "margin": 0.0, "is_audited": True}, Reason.AUDIT),
        ({"level": LevelChoices.HIGH, "is_audited": True}, Reason.AUDIT),
        ({"level": LevelChoices.HIGH, "annotator": AnnotatorChoices.RULE, "margin": None}, None),
        ({"annotator": AnnotatorChoices.PERSONAL, "margin": None, "is_audited": True}, "audit"),
    ],
)
def test_the_unsure_and_the_audited_come_in(
    settings: Settings, fields: dict[str, Any], reason: str | None
) -> None:
    settings.REVIEW_MARGIN = 0.05
    predicted(SHOP, **fields)
    fill_queue()
    assert reasons() == ({} if reason is None else {"qwop harbour shop": reason})


def test_a_text_is_in_it_once_for_its_strongest_reason_and_counts_what_comes() -> None:
    answered(SHOP)
    predicted(SHOP, level=LevelChoices.LOW)
    newest = predicted(SHOP)
    answered(SHOP)
    fill_queue()
    item = ReviewItem.objects.get()
    # What came before the first that needs a look is not counted.
    assert (item.live_count, item.reason, item.prediction) == (3, Reason.ABSTAINED, newest)
    predicted(SHOP, level=LevelChoices.LOW)
    drawn = answered(SHOP, "fast-food", is_audited=True)
    predicted(SHOP)
    fill_queue()
    item.refresh_from_db()
    assert (item.live_count, item.reason) == (6, Reason.AUDIT)
    assert item.prediction != drawn
    assert ReviewItem.objects.count() == 1


def test_the_suggestion_is_what_was_answered_else_the_best_guess() -> None:
    answered(SHOP, "fast-food", level=LevelChoices.LOW)
    predicted("ZIBBLE FRANT")
    predicted("NOBODY KNOWS", alternatives=[])
    predicted("LONG GONE", alternatives=[{"slug": "gone", "score": 0.5}])
    fill_queue()
    found = dict(ReviewItem.objects.values_list("canonical_text", "suggestion__slug"))
    assert found == {
        "qwop harbour shop": "fast-food",
        "zibble frant": "groceries",
        "nobody knows": None,
        "long gone": None,
    }


@pytest.mark.parametrize("text", ["", "123 456", "***"])
def test_of_a_text_without_letters_nothing_is_asked(text: str) -> None:
    predicted(text)
    predicted(text, is_audited=True)
    assert fill_queue() == 2
    assert not ReviewItem.objects.exists()


def test_nothing_is_read_twice_and_all_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_collection, "BATCH", 3)
    for number in range(7):
        predicted(f"QWOP SHOP {'abcdefg'[number]}")
        predicted(SHOP)
    assert fill_queue() == 14
    assert fill_queue() == 0
    assert ReviewItem.objects.get(canonical_text="qwop harbour shop").live_count == 7
    assert ReviewItem.objects.count() == 8


def test_a_run_ends_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_collection, "BATCH", 2)
    monkeypatch.setattr(review_collection, "MAX_BATCHES", 2)
    for _ in range(5):
        predicted(SHOP)
    assert [fill_queue(), fill_queue(), fill_queue()] == [4, 1, 0]
    assert ReviewItem.objects.get().live_count == 5


def test_what_was_just_made_waits_so_that_what_is_stored_late_is_not_missed() -> None:
    late_by = review_collection.LAG / 2
    predicted(SHOP, ago=late_by)
    assert fill_queue() == 0
    Prediction.objects.all().delete()
    predicted(SHOP, ago=2 * review_collection.LAG)
    assert fill_queue() == 1


def test_one_that_was_overtaken_stops_and_changes_nothing() -> None:
    first, second = predicted(SHOP), predicted(SHOP)
    fill_queue()
    # As it was when this worker read the cursor.
    assert not review_collection._take_in([first, second], None)
    assert ReviewItem.objects.get().live_count == 2
    assert ReviewCursor.objects.get().prediction_id == second.pk


def test_when_it_was_filled_is_known_even_where_nothing_came() -> None:
    fill_queue()
    ReviewCursor.objects.update(updated_at=timezone.now() - timedelta(days=1))
    fill_queue()
    assert timezone.now() - ReviewCursor.objects.get().updated_at < timedelta(minutes=1)


def test_an_answered_text_is_asked_again_only_by_the_audit(admin_user: User) -> None:
    (item,) = queued(SHOP)
    submit(item.pk, "groceries", admin_user)
    predicted(SHOP)
    fill_queue()
    item.refresh_from_db()
    assert (item.state, item.live_count) == (State.SUBMITTED, 2)
    predicted(SHOP, is_audited=True)
    fill_queue()
    item.refresh_from_db()
    assert (item.state, item.category, item.reason) == (State.PENDING, None, Reason.AUDIT)
    event = ReviewEvent.objects.latest("id")
    assert (event.from_state, event.to_state, event.by) == (State.SUBMITTED, State.PENDING, None)


@pytest.mark.parametrize("act", [skip, discard])
def test_what_was_set_aside_stays_so(act: Any, admin_user: User) -> None:
    (item,) = queued(SHOP)
    act(item.pk, admin_user)
    predicted(SHOP, is_audited=True)
    fill_queue()
    item.refresh_from_db()
    assert item.state in (State.SKIPPED, State.DISCARDED)
    assert ReviewEvent.objects.count() == 1


def test_what_came_once_and_never_again_leaves(
    admin_user: User, active_version: ModelVersion
) -> None:
    *_, twice, once = queued("QWOP ONE", "QWOP TWO", "QWOP THREE", SHOP)
    _, touched = queued("HELD NOW", "HELD ONCE")
    predicted("DRAWN ONCE", is_audited=True)
    fill_queue()
    skip(touched.pk, admin_user)
    old = timezone.now() - review_collection.RARE_FOR - timedelta(hours=1)
    ReviewItem.objects.update(created_at=old)
    fill_queue()
    texts = set(ReviewItem.objects.values_list("canonical_text", flat=True))
    assert once.canonical_text not in texts
    assert {twice.canonical_text, "drawn once", "held once"} <= texts


def test_what_somebody_holds_does_not_leave(admin_user: User) -> None:
    (item,) = queued(SHOP)
    claim(admin_user)
    ReviewItem.objects.update(created_at=timezone.now() - 2 * review_collection.RARE_FOR)
    fill_queue()
    assert ReviewItem.objects.get() == item


def test_the_guess_is_a_detailed_category_that_is_there() -> None:
    predicted(SHOP)
    fill_queue()
    suggestion = ReviewItem.objects.get().suggestion
    assert suggestion == Category.objects.get(slug="groceries")
