"""Categories as a tree."""

import pytest
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.models import Category, Example
from classifier.services import categories
from classifier.services.categories import LiveAccuracy, live_accuracy
from classifier.services.feedback import FeedbackItem, record_feedback
from tests.classifier.admin.conftest import Rows, classify

LIST = "admin:classifier_category_changelist"


def page_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_each_primary_category_is_followed_by_its_own(staff: Client) -> None:
    shown = list(staff.get(reverse(LIST)).context["cl"].result_list)
    assert shown == list(Category.objects.in_tree_order())
    assert len(shown) > 90


def test_the_count_is_of_active_examples_and_a_primary_category_sums_up(
    staff: Client, rows: Rows
) -> None:
    category = rows.category
    category.examples.filter(pk=rows.example.pk).update(is_active=False)
    shown = {row.pk: row for row in staff.get(reverse(LIST)).context["cl"].result_list}
    active = Example.objects.filter(is_active=True)
    assert shown[category.pk].active_examples == active.filter(category=category).count()
    assert (
        shown[category.parent_id].active_examples_below
        == active.filter(category__parent=category.parent).count()
    )


def test_live_accuracy_says_that_there_is_no_data_yet(staff: Client) -> None:
    assert page_of(staff, reverse(LIST)).count("no data yet") == Category.objects.count()


def test_live_accuracy_counts_what_people_said_last(staff: Client, db: None) -> None:
    category = Category.objects.get(slug="groceries")
    texts = category.examples.values_list("text", flat=True)[:20]
    answered = [row for row in classify(*texts) if row.category_id == category.pk][:2]
    assert len(answered) == 2
    for is_correct in (False, True):
        record_feedback(
            [FeedbackItem(prediction_id=answered[0].id, is_correct=is_correct, user_id="u")]
        )
    record_feedback([FeedbackItem(prediction_id=answered[1].id, is_correct=False)])
    assert "1 of 2 right" in page_of(staff, reverse(LIST))


def test_live_accuracy_is_of_the_newest_sayings(
    staff: Client, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(categories, "RECENT_FEEDBACK", 2)
    (answered,) = classify("NETFLIX.COM")
    for person in ("first", "second", "third"):
        record_feedback([FeedbackItem(prediction_id=answered.id, is_correct=True, user_id=person)])
    assert set(live_accuracy().values()) == {LiveAccuracy(right=2, judged=2)}


def test_the_slug_can_be_chosen_once(staff: Client, rows: Rows) -> None:
    assert 'name="slug"' in page_of(staff, reverse("admin:classifier_category_add"))
    assert 'name="slug"' not in page_of(staff, change_url(rows.category))


def test_a_change_is_in_its_history_with_who_made_it(staff: Client, rows: Rows) -> None:
    primary = rows.category.parent
    assert primary is not None
    response = staff.post(
        change_url(primary),
        {"name": "Renamed", "parent": "", "direction": primary.direction, "description": "",
         "sort_order": "1", "is_active": "on"},
    )  # fmt: skip
    assert response.status_code == 302
    newest = primary.history.latest()
    assert (newest.name, newest.history_user.username) == ("Renamed", "ada")


@pytest.fixture
def inline(rows: Rows) -> dict[str, str]:
    category = rows.category
    return {
        "name": category.name, "parent": str(category.parent_id), "direction": category.direction,
        "description": category.description, "sort_order": "0", "is_active": "on",
        "examples-TOTAL_FORMS": "1", "examples-INITIAL_FORMS": "0", "examples-page": "99",
        "examples-0-category": str(category.pk), "examples-0-is_active": "on",
    }  # fmt: skip


def test_an_example_added_inline_has_its_author_and_canonical_text(
    staff: Client, rows: Rows, inline: dict[str, str]
) -> None:
    response = staff.post(
        change_url(rows.category), {**inline, "examples-0-text": "SQ *ZORBLAX 0423"}
    )
    assert response.status_code == 302, response.context["errors"]
    added = Example.objects.get(text="SQ *ZORBLAX 0423")
    assert added.category == rows.category
    assert added.created_by is not None
    assert (added.created_by.username, added.source) == ("ada", Example.Source.ANALYST)
    assert added.canonical_text == "zorblax"


def test_two_inline_rows_that_say_the_same_are_refused(
    staff: Client, rows: Rows, inline: dict[str, str]
) -> None:
    second = {key.replace("-0-", "-1-"): inline[key] for key in inline if "-0-" in key}
    response = staff.post(
        change_url(rows.category),
        {**inline, **second, "examples-TOTAL_FORMS": "2", "examples-0-text": "SQ *ZORBLAX 0423",
         "examples-1-text": "SQ *ZORBLAX 0424"},
    )  # fmt: skip
    assert "Another row above says the same." in response.content.decode()
    assert not Example.objects.filter(canonical_text="zorblax").exists()


def test_a_category_with_examples_cannot_become_primary(staff: Client, rows: Rows) -> None:
    """Its examples would be in no version any more, and on no page."""
    before = Example.objects.active().count()
    response = staff.post(
        change_url(rows.category),
        {"name": "Alone", "parent": "", "direction": rows.category.direction, "description": "",
         "sort_order": "1", "is_active": "on", "examples-TOTAL_FORMS": "0",
         "examples-INITIAL_FORMS": "0", "examples-page": "99"},
    )  # fmt: skip
    assert "It has examples and must stay under a parent." in response.content.decode()
    assert Example.objects.active().count() == before
