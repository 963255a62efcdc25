"""Examples are added one at a time, each text in one category unless someone insists."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from classifier.models import Category, Example
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db
EXAMPLE = {"category": "coffee-shops", "text": "  TST* QUIET CORNER ROASTERS 0423 PORTLAND OR "}


def add(api: APIClient, **changes: Any) -> Any:
    return api.post("/api/v1/examples", {**EXAMPLE, **changes})


def test_an_example_is_stored_trimmed_with_its_canonical_text(api: APIClient) -> None:
    response = add(api, note="seen twice")
    assert response.status_code == 201
    body = response.json()
    example = Example.objects.get(pk=body["id"])
    assert body["text"] == example.text == EXAMPLE["text"].strip()
    assert body["canonical_text"] == example.canonical_text
    assert "quiet corner roasters" in example.canonical_text
    assert body["category"]["slug"] == example.category.slug == "coffee-shops"
    assert (example.source, example.note) == ("analyst", "seen twice")


def test_a_text_that_folding_lengthens_is_stored_within_its_column(api: APIClient) -> None:
    response = add(api, text="ß" * 512)
    assert response.status_code == 201
    example = Example.objects.get(pk=response.json()["id"])
    assert (example.text, example.canonical_text) == ("ß" * 512, "s" * 512)


def test_the_history_says_which_key_added_it(api: APIClient) -> None:
    example = Example.objects.get(pk=add(api).json()["id"])
    assert example.history.get().history_change_reason == "API key test"


def test_a_signed_in_person_is_recorded_as_the_author(admin_user: User) -> None:
    client = APIClient()
    client.force_login(admin_user)
    example = Example.objects.get(pk=add(client).json()["id"])
    assert example.created_by == admin_user


def test_a_text_that_folding_lengthens_is_stored_to_the_length_of_any_other(
    api: APIClient,
) -> None:
    text = "\ufdfa" * 512
    assert add(api, text=text).status_code == 201
    assert len(Example.objects.get(text=text).canonical_text) == 512
    assert errors_of(add(api, text=text)) == [("text", "duplicate")]


def test_a_text_of_another_category_is_a_conflict_that_names_it(api: APIClient) -> None:
    add(api)
    before = Example.objects.count()
    response = add(api, category="groceries")
    assert response.status_code == 422
    assert errors_of(response) == [("text", "conflict")]
    assert "(coffee-shops)" in response.json()["errors"][0]["detail"]
    assert Example.objects.count() == before


def test_override_keeps_both(api: APIClient) -> None:
    add(api)
    response = add(api, category="groceries", override=True)
    assert response.status_code == 201
    assert response.json()["override"] is True


def test_the_same_text_twice_in_one_category_is_refused(api: APIClient) -> None:
    add(api)
    for override in (False, True):
        response = add(api, text="QUIET CORNER ROASTERS PORTLAND OR", override=override)
        assert response.status_code == 422
        assert errors_of(response) == [("text", "duplicate")]


def test_a_text_without_letters_is_refused(api: APIClient) -> None:
    response = add(api, text="0423 1187")
    assert response.status_code == 422
    assert errors_of(response) == [("text", "no_text")]


@pytest.mark.parametrize("slug", ["nothing", "food-and-drink", "coffee-shops\u202e"])
def test_a_category_that_is_unknown_or_primary_is_refused(api: APIClient, slug: str) -> None:
    response = add(api, category=slug)
    assert response.status_code == 422
    assert errors_of(response) == [("category", "unknown_category")]


def test_a_category_that_is_switched_off_is_refused(api: APIClient) -> None:
    Category.objects.filter(slug="coffee-shops").update(is_active=False)
    assert errors_of(add(api)) == [("category", "unknown_category")]


@pytest.mark.parametrize(
    ("changes", "attr", "code"),
    [
        ({"category": None}, "category", "null"),
        ({"category": ["coffee-shops"]}, "category", "invalid"),
        ({"text": ""}, "text", "blank"),
        ({"text": "x" * 513}, "text", "max_length"),
        ({"text": "a\0b"}, "text", "null_characters_not_allowed"),
        ({"override": "yes"}, "override", "invalid"),
        ({"override": 1}, "override", "invalid"),
        ({"override": None}, "override", "null"),
        ({"note": "x" * 201}, "note", "max_length"),
        ({"source": "seed"}, "source", "unknown_field"),
    ],
)
def test_a_field_is_refused_by_name(
    api: APIClient, changes: dict[str, Any], attr: str, code: str
) -> None:
    before = Example.objects.count()
    response = add(api, **changes)
    assert response.status_code == 400
    assert errors_of(response) == [(attr, code)]
    assert Example.objects.count() == before
