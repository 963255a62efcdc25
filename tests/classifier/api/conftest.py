"""What the API's tests share: short ways to ask, and a look at what was stored."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test.client import Client
from rest_framework.test import APIClient

from classifier.models import Example, Feedback, Prediction

Errors = list[tuple[str | None, str]]


@pytest.fixture
def classify(api: APIClient) -> Callable[..., list[dict[str, Any]]]:
    """A function from transactions, or bare descriptions, to results."""

    def ask(*transactions: Any) -> list[dict[str, Any]]:
        items = [{"description": item} if isinstance(item, str) else item for item in transactions]
        response = api.post("/api/v1/classify", {"transactions": items})
        assert response.status_code == 200, response.content
        results: list[dict[str, Any]] = response.json()["results"]
        return results

    return ask


@pytest.fixture
def post_raw(api: APIClient) -> Callable[..., Any]:
    """A function that posts bytes as they are."""

    def post(body: bytes, path: str = "/api/v1/classify", **headers: Any) -> Any:
        kind = headers.pop("content_type", "application/json")
        # The stubs say that the body is text; the client takes both.
        return api.generic("POST", path, body, content_type=kind, **headers)  # type: ignore[arg-type]

    return post


@pytest.fixture
def quiet_client(api: APIClient) -> Client:
    """A client to which a bug is an answer, as it is to a caller."""
    api.raise_request_exception = False
    return api


def errors_of(response: Any) -> Errors:
    """(attr, code) of each error, after a look at the shape all errors have."""
    body = response.json()
    assert response["Content-Type"].startswith("application/json")
    assert set(body) == {"type", "errors"}
    assert body["type"] in ("validation_error", "client_error", "server_error")
    assert body["errors"]
    for error in body["errors"]:
        assert set(error) == {"code", "detail", "attr"}
        assert error["detail"]
    return [(error["attr"], error["code"]) for error in body["errors"]]


def stored_rows() -> int:
    return sum(model.objects.count() for model in (Prediction, Example, Feedback))
