"""Whatever goes wrong, the answer has one shape."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier import errors, runtime
from classifier.models import Activation, Example
from classifier.refusals import printable
from tests.classifier.api.conftest import errors_of, stored_rows

pytestmark = pytest.mark.django_db
BODY = {"transactions": [{"description": "NETFLIX.COM"}]}


def test_an_unknown_address_of_the_api_is_a_404_in_json(api: APIClient) -> None:
    for path in ("/api/v1/nothing", "/api/v1/", "/api/", "/api/v1/classify/"):
        response = api.post(path, BODY)
        assert response.status_code == 404
        assert errors_of(response) == [(None, "not_found")]


def test_an_unknown_address_elsewhere_is_a_page(api: APIClient) -> None:
    response = api.get("/nothing")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_another_method_is_refused_and_the_right_one_named(api: APIClient) -> None:
    response = api.get("/api/v1/classify")
    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"
    assert errors_of(response) == [(None, "method_not_allowed")]


def test_an_answer_in_another_format_is_refused(api: APIClient) -> None:
    response = api.get("/api/v1/categories", headers={"accept": "text/csv"})
    assert response.status_code == 406
    assert errors_of(response) == [(None, "not_acceptable")]


def test_a_host_that_is_not_served_is_refused_in_json(api: APIClient) -> None:
    response = api.get("/api/v1/categories", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert errors_of(response) == [(None, "parse_error")]


def test_without_an_active_version_the_answer_is_503(api: APIClient) -> None:
    Activation.objects.all().delete()
    runtime.reset()
    response = api.post("/api/v1/classify", BODY)
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert errors_of(response) == [(None, "unavailable")]
    assert stored_rows() == Example.objects.count()


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_a_503(api: APIClient, kind: type[Exception]) -> None:
    def away(execute: Any, *arguments: Any) -> Any:
        raise kind("the server closed the connection")

    with connection.execute_wrapper(away):
        response = api.get("/api/v1/categories")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "closed" not in response.content.decode()


def test_a_bug_is_a_500_that_tells_nothing_of_itself(quiet_client: APIClient) -> None:
    def fail(execute: Any, *arguments: Any) -> Any:
        raise ZeroDivisionError("a secret")

    with connection.execute_wrapper(fail):
        response = quiet_client.get("/api/v1/categories")
    assert response.status_code == 500
    assert errors_of(response) == [(None, "error")]
    assert "secret" not in response.content.decode()


def test_a_large_body_of_a_session_without_its_csrf_token_is_a_413(
    admin_user: Any, settings: Settings
) -> None:
    """Looking for the token in the body comes before the API's own look at the length."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(admin_user)
    client.cookies["csrftoken"] = "c" * 32
    response = client.post("/api/v1/classify", BODY)
    assert response.status_code == 413
    assert errors_of(response) == [(None, "payload_too_large")]


@pytest.mark.parametrize(
    ("handler", "status"),
    [
        (lambda request: errors.not_found(request, Exception()), 404),
        (lambda request: errors.bad_request(request, Exception()), 400),
        (errors.server_error, 500),
    ],
)
def test_outside_the_api_errors_are_pages(handler: Callable[..., Any], status: int) -> None:
    request = RequestFactory().get("/admin/nothing")
    response = handler(request)
    assert response.status_code == status
    assert response["Content-Type"].startswith("text/html")
    in_api = handler(RequestFactory().get("/api/nothing"))
    assert in_api.status_code == status
    assert in_api["Content-Type"] == "application/json"


def test_a_callers_text_comes_back_printable_and_short() -> None:
    assert printable("a\ud800\n\x00b") == "a\\ud800��b"
    assert printable("x" * 100) == "x" * 64 + "…"
