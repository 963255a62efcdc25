"""What people say of predictions is stored, all of it or none."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from classifier.models import Feedback, Prediction
from tests.classifier.api.conftest import errors_of
from tests.database import plan_of

pytestmark = pytest.mark.django_db
Classify = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def prediction(classify: Classify) -> dict[str, Any]:
    (result,) = classify({"description": "NETFLIX.COM", "transaction_id": "t-1"})
    return result


def say(api: APIClient, *items: Any) -> Any:
    return api.post("/api/v1/feedback", {"feedback": list(items)})


def test_a_prediction_is_confirmed_by_its_id(api: APIClient, prediction: dict[str, Any]) -> None:
    response = say(
        api,
        {
            "prediction_id": prediction["prediction_id"],
            "correct": True,
            "user_id": "u-1",
            "source": "app",
            "comment": "yes",
        },
    )
    assert response.status_code == 201
    (item,) = response.json()["feedback"]
    assert (item["correct"], item["category"]) == (True, prediction["category"])
    row = Feedback.objects.get(pk=item["id"])
    assert str(row.prediction_id) == prediction["prediction_id"]
    assert (row.user_id, row.source, row.comment) == ("u-1", "app", "yes")
    assert row.api_key is not None


def test_a_transaction_id_means_the_newest_answer_to_it(
    api: APIClient, classify: Classify, prediction: dict[str, Any]
) -> None:
    (newer,) = classify({"description": "SHELL OIL 5742", "transaction_id": "t-1"})
    (item,) = say(api, {"transaction_id": "t-1", "correct": True}).json()["feedback"]
    assert item["prediction_id"] == newer["prediction_id"]
    assert item["transaction_id"] == "t-1"


def test_a_transaction_id_is_looked_up_by_its_index(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert say(api, {"transaction_id": "t-1", "correct": True}).status_code == 201
    (look_up,) = [query["sql"] for query in queries if '"transaction_id" IN (' in query["sql"]]
    known = Prediction.objects.get()
    Prediction.objects.bulk_create(
        Prediction(
            version=known.version,
            description=known.description,
            transaction_id=f"other {number}",
            is_cached=False,
            latency_ms=1.0,
        )
        for number in range(2_000)
    )
    if connection.vendor == "postgresql":
        # Else it plans for a table of few rows.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE classifier_prediction")
    plan = plan_of(look_up)
    assert "prediction_by_transaction" in plan
    assert "SCAN" not in plan


def test_of_an_id_that_is_used_often_one_prediction_is_read(
    api: APIClient, classify: Classify
) -> None:
    *_, newest = classify(*[{"description": "NETFLIX.COM", "transaction_id": "1"}] * 50)
    with CaptureQueriesContext(connection) as queries:
        (item,) = say(api, {"transaction_id": "1", "correct": True}).json()["feedback"]
    assert item["prediction_id"] == newest["prediction_id"]
    statements = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    (read,) = [sql for sql in statements if '"classifier_prediction"."canonical_text"' in sql]
    with connection.cursor() as cursor:
        cursor.execute(read)
        assert len(cursor.fetchall()) == 1


def test_another_category_says_that_the_prediction_was_wrong(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    (item,) = say(api, {"transaction_id": "t-1", "category": "groceries"}).json()["feedback"]
    assert item["correct"] is False
    assert item["category"]["slug"] == "groceries"


def test_the_predicted_category_says_that_it_was_right(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    slug = prediction["category"]["slug"]
    (item,) = say(api, {"transaction_id": "t-1", "category": slug}).json()["feedback"]
    assert item["correct"] is True


def test_wrong_without_a_better_one_is_enough(api: APIClient, prediction: dict[str, Any]) -> None:
    (item,) = say(api, {"transaction_id": "t-1", "correct": False}).json()["feedback"]
    assert (item["correct"], item["category"]) == (False, None)


@pytest.mark.parametrize(
    ("item", "field", "code"),
    [
        ({"transaction_id": "t-2", "correct": True}, "transaction_id", "unknown_prediction"),
        ({"prediction_id": str(uuid4()), "correct": True}, "prediction_id", "unknown_prediction"),
        ({"transaction_id": "t-1", "category": "nothing"}, "category", "unknown_category"),
        ({"transaction_id": "t-1", "category": "food-and-drink"}, "category", "unknown_category"),
        (
            {"transaction_id": "t-1", "category": "groceries", "correct": True},
            "category",
            "contradiction",
        ),
    ],
)
def test_what_contradicts_the_store_is_refused_whole(
    api: APIClient, prediction: dict[str, Any], item: dict[str, Any], field: str, code: str
) -> None:
    response = say(api, {"transaction_id": "t-1", "correct": True}, item)
    assert response.status_code == 422
    assert errors_of(response) == [(f"feedback.1.{field}", code)]
    assert not Feedback.objects.exists()


def test_every_item_that_contradicts_the_store_is_named(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    response = say(
        api,
        {"transaction_id": "t-2", "correct": True},
        {"transaction_id": "t-1", "correct": True},
        {"transaction_id": "t-1", "category": "nothing"},
        {"transaction_id": "t-1", "category": "groceries"},
    )
    assert response.status_code == 422
    assert errors_of(response) == [
        ("feedback.0.transaction_id", "unknown_prediction"),
        ("feedback.2.category", "unknown_category"),
        ("feedback.3", "contradiction"),
    ]
    assert not Feedback.objects.exists()


def test_of_many_that_contradict_the_store_a_hundred_are_named(
    api: APIClient, prediction: dict[str, Any]
) -> None:
    response = say(api, *[{"transaction_id": "t-2", "correct": True}] * 101)
    assert response.status_code == 422
    assert [attr for attr, _ in errors_of(response)] == [
        f"feedback.{index}.transaction_id" for index in range(100)
    ]


def test_an_answer_without_a_category_cannot_be_confirmed(
    api: APIClient, classify: Classify
) -> None:
    classify({"description": "0423 1187", "transaction_id": "t-9"})
    response = say(api, {"transaction_id": "t-9", "correct": True})
    assert response.status_code == 422
    assert errors_of(response) == [("feedback.0.correct", "nothing_to_confirm")]


@pytest.mark.parametrize(
    ("item", "field", "code"),
    [
        ({"correct": True}, "prediction_id", "one_of_two"),
        (
            {"prediction_id": str(uuid4()), "transaction_id": "t-1", "correct": True},
            "prediction_id",
            "one_of_two",
        ),
        ({"transaction_id": "t-1"}, "correct", "required"),
        ({"transaction_id": "t-1", "correct": None, "category": None}, "correct", "required"),
        ({"transaction_id": "t-1", "correct": "true"}, "correct", "invalid"),
        ({"transaction_id": "t-1", "correct": []}, "correct", "invalid"),
        ({"transaction_id": "t-1", "category": {"slug": "groceries"}}, "category", "invalid"),
        ({"prediction_id": "abc", "correct": True}, "prediction_id", "invalid"),
        ({"prediction_id": [], "correct": True}, "prediction_id", "invalid"),
        (
            {"transaction_id": "t-1", "correct": True, "comment": "x" * 1001},
            "comment",
            "max_length",
        ),
        ({"transaction_id": "t-1", "correct": True, "rating": 5}, "rating", "unknown_field"),
    ],
)
def test_an_item_of_another_shape_is_refused_by_name(
    api: APIClient, prediction: dict[str, Any], item: dict[str, Any], field: str, code: str
) -> None:
    response = say(api, {"transaction_id": "t-1", "correct": True}, item)
    assert response.status_code == 400
    assert errors_of(response) == [(f"feedback.1.{field}", code)]
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(("count", "code"), [(0, "empty"), (1001, "max_length")])
def test_one_to_a_thousand_items_are_taken(api: APIClient, count: int, code: str) -> None:
    response = say(api, *[{"transaction_id": "t-1", "correct": True}] * count)
    assert response.status_code == 400
    assert errors_of(response) == [("feedback", code)]


def test_a_thousand_items_cost_as_many_look_ups_as_one(api: APIClient, classify: Classify) -> None:
    ids = [f"t-{number}" for number in range(1000)]
    classify(*[{"description": "NETFLIX.COM", "transaction_id": each} for each in ids])

    def selects(count: int) -> int:
        items = [
            {"transaction_id": each, "category": "groceries", "user_id": f"u-{count}"}
            for each in ids[:count]
        ]
        # The key is looked up once a second.
        caches["process"].clear()
        with CaptureQueriesContext(connection) as queries:
            assert say(api, *items).status_code == 201
        return sum(query["sql"].startswith("SELECT") for query in queries)

    assert selects(1000) == selects(1)
    assert Feedback.objects.count() == 1001
