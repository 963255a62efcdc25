"""What an account holder calls their payments is erased by one call."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from classifier.models import PersonalCategory, PersonalErasure, Scope
from classifier.services.personal import digest_of
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db
Classify = Callable[..., list[dict[str, Any]]]


def address(user_id: str) -> str:
    return f"/api/v1/users/{quote(user_id, safe='')}/categories"


def correct(api: APIClient, classify: Classify, user_id: str) -> None:
    (answer,) = classify({"description": "QWOP HARBOUR SHOP", "user_id": user_id})
    item = {
        "prediction_id": answer["prediction_id"],
        "category": "groceries",
        "user_id": user_id,
    }
    assert api.post("/api/v1/feedback", {"feedback": [item]}).status_code == 201


@pytest.mark.parametrize("user_id", ["u-1", "a/b?c=d&e#f", "Zoë ☂ 100%", "x" * 128, ".", "%2F"])
def test_all_of_one_user_and_of_nobody_else(
    api: APIClient, classify: Classify, user_id: str
) -> None:
    correct(api, classify, user_id)
    correct(api, classify, "other")
    response = api.delete(address(user_id))
    assert (response.status_code, response.json()) == (200, {"erased": 1})
    assert PersonalCategory.objects.get().user_id == "other"
    (answer,) = classify({"description": "QWOP HARBOUR SHOP", "user_id": user_id})
    assert answer["annotator"] == "model"
    erasure = PersonalErasure.objects.get()
    assert (erasure.user_digest, erasure.count) == (digest_of(user_id), 1)
    assert erasure.api_key is not None


def test_again_is_no_error(api: APIClient) -> None:
    assert [api.delete(address("u-1")).json() for _ in range(2)] == [{"erased": 0}] * 2


@pytest.mark.parametrize("user_id", ["x" * 129, "a\0b", " "])
def test_what_is_nobodys_id_is_refused(api: APIClient, user_id: str) -> None:
    response = api.delete(address(user_id))
    assert response.status_code == 422
    assert errors_of(response) == [("user_id", "invalid")]


def test_a_key_needs_the_scope(make_client: Any) -> None:
    response = make_client(Scope.CLASSIFY).delete(address("u-1"))
    assert response.status_code == 403


def test_what_was_erased_stays_so_when_old_feedback_is_sent_again(
    api: APIClient, classify: Classify
) -> None:
    (answer,) = classify({"description": "QWOP HARBOUR SHOP", "user_id": "u-1"})
    item = {"prediction_id": answer["prediction_id"], "category": "groceries", "user_id": "u-1"}
    assert api.post("/api/v1/feedback", {"feedback": [item]}).status_code == 201
    api.delete(address("u-1"))
    assert api.post("/api/v1/feedback", {"feedback": [item]}).status_code == 200
    assert not PersonalCategory.objects.exists()
