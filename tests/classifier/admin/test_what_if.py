"""The form of an example says what would change before it is saved."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.models import Category, Example, ModelVersion
from classifier.services.traffic import take_snapshot
from tests.classifier.admin.conftest import Make, classify

ADD = "admin:classifier_example_add"
WHAT_IF = "admin:classifier_example_what_if"
TEXT = "DOG PARK FEE"
pytestmark = pytest.mark.django_db


@pytest.fixture
def form(active_version: ModelVersion) -> dict[str, Any]:
    """An example that teaches otherwise than was answered just now."""
    classify(TEXT, "NETFLIX.COM", TEXT)
    take_snapshot()
    pets = Category.objects.get(slug="pets")
    return {"text": TEXT, "category": pets.pk, "is_active": "on", "note": "of a park"}


def test_the_partial_says_what_would_change_and_saves_nothing(
    staff: Client, form: dict[str, Any]
) -> None:
    page = staff.get(reverse(WHAT_IF), form).content.decode()
    assert "1 of the last 2 distinct texts changes." in page
    assert "It stands for 2 of 3 predictions." in page
    assert "› Pets" in page
    assert "dog park fee" in page
    assert "<html" not in page
    assert not Example.objects.filter(text=TEXT).exists()


def test_without_scripts_the_form_comes_back_filled_with_the_answer(
    staff: Client, form: dict[str, Any]
) -> None:
    answer = staff.post(reverse(ADD), {**form, "_preview": "1"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "1 of the last 2 distinct texts changes." in page
    assert 'value="of a park"' in page
    assert "Please correct" not in page
    assert not Example.objects.filter(text=TEXT).exists()


def test_a_stored_example_is_tried_as_the_form_has_it(staff: Client, form: dict[str, Any]) -> None:
    known = Example.objects.filter(category__slug="pets")[0]
    fields: dict[str, Any] = {**form, "text": known.text, "example": str(known.pk)}
    page = staff.get(reverse(WHAT_IF), fields).content.decode()
    assert "0 of the last 2 distinct texts change." in page
    assert "was built with it" in page
    posted = staff.post(change_url(known), {**form, "_preview": "1"}).content.decode()
    assert "1 of the last 2 distinct texts changes." in posted
    known.refresh_from_db()
    assert known.text != TEXT


@pytest.mark.parametrize("text", ["", "0423 1177", "taken"])
def test_what_cannot_be_saved_says_why_in_both_ways(
    text: str, staff: Client, form: dict[str, Any]
) -> None:
    """Empty, only digits, or taken by another category."""
    if text == "taken":
        text = Example.objects.filter(category__slug="groceries")[0].text
    fields = {**form, "text": text}
    page = staff.get(reverse(WHAT_IF), fields).content.decode()
    assert "It cannot be tried as it is:" in page
    again = staff.post(reverse(ADD), {**fields, "_preview": "1"}).content.decode()
    assert "distinct texts" not in again
    assert not Example.objects.filter(text=text, category__slug="pets").exists()


def test_before_a_snapshot_was_taken_that_is_said(
    staff: Client, active_version: ModelVersion
) -> None:
    fields = {"text": TEXT, "category": str(Category.objects.get(slug="pets").pk)}
    page = staff.get(reverse(WHAT_IF), fields).content.decode()
    assert "It cannot be said now. There is no snapshot of traffic" in page


@pytest.mark.parametrize("example", ["999999", "x", "-1", "9" * 30])
def test_an_example_that_is_not_there_is_tried_as_a_new_one(
    example: str, staff: Client, form: dict[str, Any]
) -> None:
    page = staff.get(reverse(WHAT_IF), {**form, "example": example}).content.decode()
    assert "1 of the last 2 distinct texts changes." in page


def test_who_may_only_look_tries_nothing_and_is_offered_nothing(
    client: Client, make_staff: Make, form: dict[str, Any]
) -> None:
    client.force_login(make_staff("classifier.view_example"))
    known = Example.objects.all()[0]
    assert client.get(reverse(WHAT_IF), form).status_code == 403
    assert client.get(reverse(WHAT_IF), {**form, "example": known.pk}).status_code == 403
    assert client.post(change_url(known), {**form, "_preview": "1"}).status_code == 403
    assert "What would change?" not in client.get(change_url(known)).content.decode()


def test_queries_do_not_grow_with_what_changes(staff: Client, form: dict[str, Any]) -> None:
    staff.get(reverse(WHAT_IF), form)
    counts = []
    for text in (TEXT, "GARDEN GNOME"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            staff.get(reverse(WHAT_IF), {**form, "text": text})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
