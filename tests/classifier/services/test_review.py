"""Answers to the review queue: each counts once, is kept with who gave it, and can be undone."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from classifier.exceptions import ConflictError, InvalidItemError, UnknownError
from classifier.models import Category, Example, Feedback, ReviewEvent, ReviewItem
from classifier.services.examples import add_example
from classifier.services.review import LEASE, claim, discard, skip, submit, undo
from classifier.services.review_collection import fill_queue
from tests.reviews import predicted, queued

pytestmark = pytest.mark.usefixtures("active_version")
State = ReviewItem.State
SHOP = "QWOP HARBOUR SHOP"


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob")


def state(item: ReviewItem) -> str:
    item.refresh_from_db()
    return item.state


def end_leases() -> None:
    ReviewItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))


def test_those_that_settle_most_come_first_and_nobody_gets_anothers(
    admin_user: User, bob: User
) -> None:
    first, second, third = queued("QWOP ONE", "QWOP TWO", "QWOP THREE")
    assert claim(admin_user, size=2) == [first, second]
    assert claim(bob, size=2) == [third]
    assert claim(admin_user, size=2) == [first, second]


def test_only_one_reason_is_claimed_where_it_is_named(admin_user: User) -> None:
    queued("QWOP ONE", "QWOP TWO")
    predicted(SHOP, is_audited=True)
    fill_queue()
    assert [item.canonical_text for item in claim(admin_user, reason="audit")] == [
        "qwop harbour shop"
    ]


def test_what_was_left_alone_until_the_lease_ended_is_anothers(admin_user: User, bob: User) -> None:
    (item,) = queued(SHOP)
    claim(admin_user)
    assert claim(bob) == []
    end_leases()
    assert claim(bob) == [item]
    with pytest.raises(ConflictError, match=r"“qwop harbour shop” is held by bob until \d\d:\d\d"):
        submit(item.pk, "groceries", admin_user)


def test_whoever_goes_on_keeps_what_they_hold(admin_user: User) -> None:
    (item,) = queued(SHOP)
    claim(admin_user)
    end_leases()
    claim(admin_user)
    item.refresh_from_db()
    assert item.claimed_until is not None
    assert item.claimed_until > timezone.now() + LEASE / 2


def test_an_answer_becomes_an_example(admin_user: User) -> None:
    (item,) = queued(SHOP)
    done = submit(item.pk, "fast-food", admin_user)
    example = Example.objects.get(text=SHOP)
    assert (done.example, done.refusal) == (example, "")
    assert (example.source, example.category.slug, example.created_by) == (
        Example.Source.REVIEW, "fast-food", admin_user,
    )  # fmt: skip
    assert state(item) == State.SUBMITTED
    assert (item.category, item.claimed_by) == (example.category, None)
    event = ReviewEvent.objects.get()
    assert (event.from_state, event.to_state, event.category, event.example, event.by) == (
        State.PENDING, State.SUBMITTED, example.category, example, admin_user,
    )  # fmt: skip


def test_where_another_category_has_the_text_the_answer_counts_and_says_why_it_teaches_nothing(
    admin_user: User,
) -> None:
    (item,) = queued(SHOP)
    add_example(category="coffee-shops", text=SHOP)
    done = submit(item.pk, "fast-food", admin_user)
    assert done.example is None
    assert "(coffee-shops) has the text already" in done.refusal
    assert state(item) == State.SUBMITTED
    assert Example.objects.filter(text=SHOP).count() == 1


def test_an_example_that_is_there_is_not_made_again(admin_user: User) -> None:
    (item,) = queued(SHOP)
    example = add_example(category="fast-food", text=SHOP)
    done = submit(item.pk, "fast-food", admin_user)
    assert (done.example, done.refusal) == (None, "The category has it as an example already.")
    undo(admin_user)
    assert Example.objects.filter(pk=example.pk).exists()


def test_a_category_that_is_not_in_use_is_refused_by_the_name_of_the_item(
    admin_user: User,
) -> None:
    (item,) = queued(SHOP)
    Category.objects.filter(slug="fast-food").update(is_active=False)
    for slug, match in (
        ("fast-food", "“qwop harbour shop”: the category .* is switched off"),
        ("nothing", "“qwop harbour shop”: no detailed category is called “nothing”"),
    ):
        with pytest.raises(InvalidItemError, match=match) as refused:
            submit(item.pk, slug, admin_user)
        assert refused.value.path == "category"
    assert state(item) == State.PENDING
    assert not ReviewEvent.objects.exists()


def test_the_second_to_answer_is_told_of_the_first(admin_user: User, bob: User) -> None:
    (item,) = queued(SHOP)
    submit(item.pk, "groceries", bob)
    with pytest.raises(ConflictError, match=r"submitted already as .*Groceries, by bob"):
        submit(item.pk, "fast-food", admin_user)
    with pytest.raises(ConflictError, match="submitted already"):
        skip(item.pk, admin_user)
    assert ReviewEvent.objects.count() == 1


def test_an_item_that_is_not_there_is_unknown(admin_user: User) -> None:
    with pytest.raises(UnknownError, match="no item 0"):
        discard(0, admin_user)


def test_what_was_skipped_waits_apart_and_can_be_answered(admin_user: User, bob: User) -> None:
    (item,) = queued(SHOP)
    skip(item.pk, admin_user)
    assert claim(bob) == []
    with pytest.raises(ConflictError, match="skipped already, by ada"):
        skip(item.pk, bob)
    assert claim(bob, State.SKIPPED) == [item]
    submit(item.pk, "groceries", bob)
    assert state(item) == State.SUBMITTED


def test_what_was_discarded_waits_nowhere(admin_user: User) -> None:
    (item,) = queued(SHOP)
    discard(item.pk, admin_user)
    assert claim(admin_user) == claim(admin_user, State.SKIPPED) == []
    assert state(item) == State.DISCARDED
    assert not Example.objects.filter(text=SHOP).exists()


def test_undone_it_is_as_it_was_and_its_example_is_gone(admin_user: User, bob: User) -> None:
    (item,) = queued(SHOP)
    submit(item.pk, "groceries", admin_user)
    undone = undo(admin_user)
    assert (undone.item, undone.act, undone.note) == (item, State.SUBMITTED, "")
    assert state(item) == State.PENDING
    assert (item.category, item.claimed_by) == (None, admin_user)
    assert not Example.objects.filter(text=SHOP).exists()
    removed = Example.history.filter(text=SHOP).latest("history_id")
    assert (removed.history_type, removed.history_change_reason) == (
        "-", f"review {item.pk} undone",
    )  # fmt: skip
    event = ReviewEvent.objects.latest("id")
    assert (event.from_state, event.to_state, event.is_undo, event.by) == (
        State.SUBMITTED, State.PENDING, True, admin_user,
    )  # fmt: skip
    assert claim(bob) == []


def test_acts_are_undone_one_after_another(admin_user: User) -> None:
    one, two, three = queued("QWOP ONE", "QWOP TWO", "QWOP THREE")
    skip(one.pk, admin_user)
    discard(two.pk, admin_user)
    undo(admin_user)
    skip(three.pk, admin_user)
    undo(admin_user)
    assert [state(one), state(two), state(three)] == ["skipped", "pending", "pending"]
    assert undo(admin_user).item == one
    assert state(one) == State.PENDING
    with pytest.raises(ConflictError, match="nothing here that could be undone"):
        undo(admin_user)


def test_nobody_undoes_what_another_did(admin_user: User, bob: User) -> None:
    (item,) = queued(SHOP)
    skip(item.pk, bob)
    with pytest.raises(ConflictError, match="nothing here"):
        undo(admin_user)
    assert state(item) == State.SKIPPED


def test_what_others_built_on_is_not_undone(admin_user: User, bob: User) -> None:
    (item,) = queued(SHOP)
    skip(item.pk, admin_user)
    submit(item.pk, "groceries", bob)
    with pytest.raises(ConflictError, match="“qwop harbour shop” has moved on since"):
        undo(admin_user)
    undo(bob)
    end_leases()
    with pytest.raises(ConflictError, match="has moved on since"):
        undo(admin_user)
    assert state(item) == State.SKIPPED


def test_an_example_that_others_worked_with_stays(admin_user: User) -> None:
    changed, used = queued("QWOP ONE", "QWOP TWO")
    example = submit(changed.pk, "groceries", admin_user).example
    assert example is not None
    example.note = "checked"
    example.save()
    assert "stays" in undo(admin_user).note
    other = submit(used.pk, "groceries", admin_user).example
    Feedback.objects.create(prediction=predicted("QWOP TWO"), is_correct=False, example=other)
    assert "stays" in undo(admin_user).note
    assert Example.objects.filter(text__startswith="QWOP").count() == 2
