"""What a person says of a prediction counts once, and the last of it."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from classifier.models import ApiKey, Category, Feedback, FeedbackEvent, Scope
from classifier.services.api_keys import create_api_key
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db
Classify = Callable[..., list[dict[str, Any]]]
Status = Feedback.Status


@pytest.fixture
def prediction(classify: Classify) -> dict[str, Any]:
    (result,) = classify({"description": "NETFLIX.COM", "transaction_id": "t-1"})
    return result


@pytest.fixture
def another_product() -> APIClient:
    """A client with a key of another name."""
    _, key = create_api_key("another product", [Scope.FEEDBACK.value])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    client.default_format = "json"
    return client


def say(api: APIClient, *items: Any) -> Any:
    return api.post("/api/v1/feedback", {"feedback": list(items)}, format="json")


def test_the_same_again_is_answered_with_the_same_row(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    item = {"transaction_id": "t-1", "category": "groceries", "user_id": "u-1", "comment": "no"}
    first, again = say(api, item), say(api, item)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Feedback.objects.count() == 1
    assert say(api, item, {**item, "user_id": "u-2"}).status_code == 201
    assert Feedback.objects.count() == 2


def test_the_later_replaces_the_earlier_and_both_are_kept(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    item = {"transaction_id": "t-1", "user_id": "u-1"}
    say(api, {**item, "category": "groceries"})
    say(api, {**item, "category": "coffee-shops"})
    say(api, {**item, "correct": True})
    rows = Feedback.objects.order_by("id")
    assert [row.status for row in rows] == [Status.REPLACED, Status.REPLACED, Status.CONFIRMED]
    events = FeedbackEvent.objects.order_by("id").values_list(
        "feedback", "from_status", "to_status"
    )
    assert list(events) == [(row.pk, Status.OPEN, Status.REPLACED) for row in rows[:2]]


def test_back_to_the_first_opinion_is_a_new_saying(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    item = {"transaction_id": "t-1", "user_id": "u-1"}
    for category in ("groceries", "coffee-shops", "groceries"):
        assert say(api, {**item, "category": category}).status_code == 201
    assert Feedback.objects.exclude(status=Status.REPLACED).get().category == (
        Category.objects.get(slug="groceries")
    )


def test_who_spoke_and_of_what_text_is_kept(api: APIClient, prediction: dict[str, Any]) -> None:
    say(api, {"transaction_id": "t-1", "correct": False, "user_id": "u-1"})
    say(api, {"transaction_id": "t-1", "correct": False})
    key = ApiKey.objects.get()
    assert set(Feedback.objects.values_list("person", "canonical_text")) == {
        ("user:u-1", "netflix.com"),
        (f"key:{key.prefix}", "netflix.com"),
    }


def test_one_call_may_say_the_same_twice(api: APIClient, prediction: dict[str, Any]) -> None:
    item = {"category": "groceries", "user_id": "u-1"}
    response = say(
        api,
        {**item, "transaction_id": "t-1"},
        {**item, "prediction_id": prediction["prediction_id"], "comment": "the later"},
    )
    first, second = response.json()["feedback"]
    assert first == second
    assert Feedback.objects.get().comment == "the later"


def test_one_call_may_not_say_two_things(api: APIClient, prediction: dict[str, Any]) -> None:
    item = {"transaction_id": "t-1", "user_id": "u-1"}
    response = say(
        api,
        {**item, "category": "groceries"},
        {**item, "user_id": "u-2", "category": "coffee-shops"},
        {**item, "category": "coffee-shops"},
    )
    assert response.status_code == 422
    assert errors_of(response) == [("feedback.2", "contradiction")]
    assert "feedback.0" in response.json()["errors"][0]["detail"]
    assert not Feedback.objects.exists()


@pytest.mark.parametrize("which", ["prediction_id", "transaction_id"])
def test_of_what_another_product_asked_a_key_learns_nothing(
    another_product: APIClient, prediction: dict[str, Any], which: str
) -> None:
    unknown = {"prediction_id": "01a20bf2-dba5-75df-82d3-3cc287d25249", "transaction_id": "t-404"}
    theirs = say(another_product, {which: prediction[which], "correct": True})
    nobodys = say(another_product, {which: unknown[which], "correct": True})
    assert theirs.status_code == nobodys.status_code == 422
    assert theirs.json() == nobodys.json()
    assert errors_of(theirs) == [(f"feedback.0.{which}", "unknown_prediction")]
    assert not Feedback.objects.exists()


def test_a_transaction_id_means_the_newest_answer_to_the_product_itself(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    _, key = create_api_key("another product", ["classify"])
    other = APIClient()
    body = {"transactions": [{"description": "SHELL OIL", "transaction_id": "t-1"}]}
    other.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    assert other.post("/api/v1/classify", body, format="json").status_code == 200
    (item,) = say(api, {"transaction_id": "t-1", "correct": True}).json()["feedback"]
    assert item["prediction_id"] == prediction["prediction_id"]


def test_a_key_that_takes_the_place_of_another_has_its_name(
    make_client: Any, prediction: dict[str, Any]
) -> None:
    newer = make_client(Scope.FEEDBACK)
    assert ApiKey.objects.count() == 2
    assert say(newer, {"transaction_id": "t-1", "correct": True}).status_code == 201


def test_staff_may_judge_what_any_key_asked(
    client: Any, admin_user: Any, prediction: dict[str, Any]
) -> None:
    client.force_login(admin_user)
    body = {"feedback": [{"transaction_id": "t-1", "correct": True}]}
    response = client.post("/api/v1/feedback", body, content_type="application/json")
    assert response.status_code == 201
    assert Feedback.objects.get().person == f"staff:{admin_user.pk}"


@pytest.mark.parametrize("switched", ["groceries", "food-and-drink"])
def test_a_category_that_was_retired_is_refused(
    api: APIClient, prediction: dict[str, Any], switched: str
) -> None:
    Category.objects.filter(slug=switched).update(is_active=False)
    response = say(api, {"transaction_id": "t-1", "category": "groceries"})
    assert response.status_code == 422
    assert errors_of(response) == [("feedback.0.category", "inactive_category")]
    assert "switched off" in response.json()["errors"][0]["detail"]
