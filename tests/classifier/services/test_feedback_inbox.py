"""What becomes of feedback: each step is kept with who took it, and is taken once."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from classifier.exceptions import ConflictError, InvalidItemError
from classifier.models import (
    Category,
    Example,
    Feedback,
    FeedbackEvent,
    LearningPolicy,
    ModelVersion,
    Prediction,
    Rule,
)
from classifier.services.examples import add_example
from classifier.services.feedback import FeedbackItem, record_feedback
from classifier.services.feedback_groups import filled, groups
from classifier.services.feedback_inbox import accept_agreed, reopen, settle
from classifier.services.policy import learning_policy
from classifier.services.predictions import TransactionRequest, classify_transactions

pytestmark = pytest.mark.django_db
Status = Feedback.Status
Say = Callable[..., Feedback]
SHOP = "QWOP HARBOUR SHOP"


@pytest.fixture
def say(active_version: ModelVersion) -> Say:
    """A function by which a user says what a text is; "" is wrong, None is right."""

    def record(user_id: str, category: str | None = "groceries", text: str = SHOP) -> Feedback:
        (answer,) = classify_transactions([TransactionRequest(text)])
        Prediction.objects.filter(pk=answer.prediction_id).update(
            category=Category.objects.get(slug="coffee-shops")
        )
        is_correct = category is None
        item = FeedbackItem(
            prediction_id=answer.prediction_id,
            category=category or "",
            is_correct=is_correct,
            user_id=user_id,
        )
        return record_feedback([item]).rows[0]

    return record


def statuses() -> list[str]:
    return list(Feedback.objects.order_by("id").values_list("status", flat=True))


def test_a_group_is_accepted_as_an_example(say: Say, admin_user: User) -> None:
    say("u-1")
    newest = say("u-2")
    later = say("u-3")
    settle(newest.pk, Status.EXAMPLE, admin_user)
    assert statuses() == [Status.EXAMPLE, Status.EXAMPLE, Status.OPEN]
    example = Example.objects.get(text=SHOP)
    assert (example.source, example.created_by) == (Example.Source.FEEDBACK, admin_user)
    newest.refresh_from_db()
    assert newest.example == example
    events = FeedbackEvent.objects.values_list("from_status", "to_status", "by")
    assert list(events) == [(Status.OPEN, Status.EXAMPLE, admin_user.pk)] * 2
    # What was said after the page was made says the same, and needs no second example.
    settle(later.pk, Status.EXAMPLE, admin_user)
    later.refresh_from_db()
    assert later.example == example


def test_a_group_is_accepted_as_a_rule(say: Say, admin_user: User) -> None:
    feedback = say("u-1")
    settle(feedback.pk, Status.RULE, admin_user)
    rule = Rule.objects.get()
    assert (rule.kind, rule.pattern, rule.category.slug, rule.created_by) == (
        Rule.Kind.EXACT, feedback.canonical_text, "groceries", admin_user,
    )  # fmt: skip
    feedback.refresh_from_db()
    assert (feedback.status, feedback.rule) == (Status.RULE, rule)


def test_where_the_text_is_taken_the_refusal_says_by_what(say: Say, admin_user: User) -> None:
    feedback = say("u-1")
    add_example(category="coffee-shops", text=SHOP)
    with pytest.raises(ConflictError, match="coffee-shops"):
        settle(feedback.pk, Status.EXAMPLE, admin_user)
    coffee = Category.objects.get(slug="coffee-shops")
    Rule.objects.create(kind=Rule.Kind.EXACT, pattern=SHOP, category=coffee)
    with pytest.raises(ConflictError, match=r"A rule for .* is there: it says .*Coffee"):
        settle(feedback.pk, Status.RULE, admin_user)
    assert statuses() == [Status.OPEN]
    assert not FeedbackEvent.objects.exists()


def test_wrong_without_a_better_one_teaches_nothing(say: Say, admin_user: User) -> None:
    feedback = say("u-1", "")
    for verdict in (Status.EXAMPLE, Status.RULE):
        with pytest.raises(InvalidItemError, match="names no category"):
            settle(feedback.pk, verdict, admin_user)
    settle(feedback.pk, Status.ONE_OFF, admin_user)
    assert statuses() == [Status.ONE_OFF]


def test_the_second_to_click_is_told_of_the_first(say: Say, admin_user: User) -> None:
    feedback = say("u-1")
    settle(feedback.pk, Status.REJECTED, admin_user)
    with pytest.raises(ConflictError, match="decided already: rejected, by ada"):
        settle(feedback.pk, Status.EXAMPLE, admin_user)
    assert statuses() == [Status.REJECTED]


@pytest.mark.parametrize("verdict", [Status.REJECTED, Status.ONE_OFF])
def test_what_was_set_aside_is_opened_again(say: Say, admin_user: User, verdict: str) -> None:
    feedback = say("u-1")
    settle(feedback.pk, verdict, admin_user)
    reopen(feedback.pk, admin_user)
    assert statuses() == [Status.OPEN]
    events = FeedbackEvent.objects.order_by("id").values_list("from_status", "to_status")
    assert list(events) == [(Status.OPEN, verdict), (verdict, Status.OPEN)]
    with pytest.raises(ConflictError):
        reopen(feedback.pk, admin_user)


def test_groups_show_who_says_so_and_what_speaks_against(say: Say, settings: Settings) -> None:
    settings.ENGINE_POLL_SECONDS = 0
    for user in ("u-1", "u-2", "u-2"):
        say(user)
    say("u-3", "fast-food")
    say("u-4", None)
    add_example(category="coffee-shops", text=SHOP)
    rules_category = Category.objects.get(slug="fast-food")
    Rule.objects.create(kind=Rule.Kind.PREFIX, pattern="QWOP", category=rules_category)
    many, few = filled(list(groups([Status.OPEN])))
    assert (many.category and many.category.slug, many.count, many.persons) == ("groceries", 3, 2)
    assert (few.category and few.category.slug, few.count, few.persons) == ("fast-food", 1, 1)
    assert many.live == few.live == 5
    assert [(each.category and each.category.slug, each.count) for each in many.answered] == [
        ("coffee-shops", 3)
    ]
    fast_food, coffee = rules_category, Category.objects.get(slug="coffee-shops")
    assert set(many.conflicts) == {
        f"1 person says {fast_food}.",
        f"1 person says {coffee}.",
        f"An example says {coffee}.",
        f"A rule says {fast_food}.",
    }
    groceries = Category.objects.get(slug="groceries")
    assert f"2 persons say {groceries}, only 1 this." in few.conflicts


def agree_from(users: int) -> None:
    learning_policy()
    LearningPolicy.objects.update(auto_accept_users=users)


def test_nothing_is_accepted_by_itself_unless_the_policy_says_so(say: Say) -> None:
    for user in ("u-1", "u-2", "u-3"):
        say(user)
    assert accept_agreed() == 0
    assert set(statuses()) == {Status.OPEN}


def test_what_enough_users_agree_on_becomes_an_example(say: Say) -> None:
    agree_from(2)
    say("u-1")
    say("u-1")
    assert accept_agreed() == 0
    say("u-2")
    assert accept_agreed() == 1
    assert set(statuses()) == {Status.EXAMPLE}
    assert Example.objects.get(text=SHOP).category.slug == "groceries"
    event = FeedbackEvent.objects.latest("id")
    assert (event.by, event.note) == (None, "2 users agree.")
    assert accept_agreed() == 0


@pytest.mark.parametrize("other", ["fast-food", "", None])
def test_where_anybody_disagrees_a_person_decides(say: Say, other: str | None) -> None:
    agree_from(2)
    for user in ("u-1", "u-2"):
        say(user, "groceries")
    disputed = say("u-3", other)
    if other == "":
        # That another answer was wrong is no dispute; that this one was is.
        assert accept_agreed() == 1
        return
    assert accept_agreed() == 0
    settle(disputed.pk, Status.REJECTED) if other else disputed.delete()
    assert accept_agreed() == 1


def test_an_example_in_the_way_is_left_to_a_person(say: Say) -> None:
    agree_from(2)
    add_example(category="coffee-shops", text=SHOP)
    for user in ("u-1", "u-2"):
        say(user)
        say(user, text="ZIBBLE FRANT")
    assert accept_agreed() == 1
    assert Feedback.objects.filter(status=Status.OPEN).count() == 2
