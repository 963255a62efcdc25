"""A key is known, in force and well-formed, or the answer is 401."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from classifier.models import ApiKey, Scope
from classifier.services import api_keys
from classifier.services.api_keys import create_api_key, revoke_api_key
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db


def ask(authorization: str | None) -> APIClient:
    client = APIClient()
    if authorization is not None:
        client.credentials(HTTP_AUTHORIZATION=authorization)
    return client


@pytest.fixture
def key() -> str:
    _, key = create_api_key("test", [Scope.CLASSIFY])
    return key


def test_a_key_in_force_is_let_in(key: str) -> None:
    assert ask(f"Api-Key {key}").get("/api/v1/categories").status_code == 200


def test_the_scheme_is_read_in_any_case(key: str) -> None:
    assert ask(f"api-key {key}").get("/api/v1/categories").status_code == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer abc", "Basic YTpi"])
def test_without_a_key_the_answer_is_401_and_says_how(authorization: str | None) -> None:
    response = ask(authorization).get("/api/v1/categories")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Api-Key realm="api"'
    assert errors_of(response) == [(None, "not_authenticated")]


def malformed() -> Iterator[str]:
    yield from ("Api-Key", "Api-Key ", "Api-Key .", "Api-Key abc", "Api-Key a.b.c")
    prefix, secret = "abcdefgh", "s" * 32
    yield f"Api-Key {prefix}{secret}"
    yield f"Api-Key {prefix}.{secret}x"
    yield f"Api-Key {prefix}\0.{secret}"
    yield f"Api-Key {prefix[:-1]}é.{secret}"
    yield f"Api-Key {prefix}.{secret[:-1]}\ud800"
    yield f"Api-Key {prefix}.{secret}\n"[:-1] + "\t\x0b x"
    yield "Api-Key " + "x" * 100_000


@pytest.mark.parametrize("authorization", list(malformed()))
def test_what_cannot_be_a_key_is_refused_without_a_query(authorization: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = ask(authorization).get("/api/v1/categories")
    assert response.status_code == 401
    assert errors_of(response) == [(None, "authentication_failed")]
    assert len(queries) == 0


def test_a_key_with_a_wrong_secret_is_refused(key: str) -> None:
    prefix, _ = key.split(".")
    response = ask(f"Api-Key {prefix}.{'x' * 32}").get("/api/v1/categories")
    assert response.status_code == 401


def test_an_expired_key_is_refused(key: str) -> None:
    ApiKey.objects.update(expiry_date=timezone.now() - timedelta(seconds=1))
    response = ask(f"Api-Key {key}").get("/api/v1/categories")
    assert response.status_code == 401
    assert errors_of(response) == [(None, "authentication_failed")]


def test_a_revoked_key_is_refused_from_the_next_request_on(key: str) -> None:
    client = ask(f"Api-Key {key}")
    assert client.get("/api/v1/categories").status_code == 200
    revoke_api_key(ApiKey.objects.get())
    assert client.get("/api/v1/categories").status_code == 401


def test_the_use_of_a_key_is_noted_at_most_once_a_minute(key: str) -> None:
    client = ask(f"Api-Key {key}")
    client.get("/api/v1/categories")
    first = ApiKey.objects.get().last_used_at
    client.get("/api/v1/categories")
    assert first is not None
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    caches["process"].clear()
    client.get("/api/v1/categories")
    assert ApiKey.objects.get().last_used_at >= first


def test_a_key_in_use_is_not_looked_up_again(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "KEPT_SECONDS", 60)
    client = ask(f"Api-Key {key}")
    client.get("/api/v1/categories")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/api/v1/categories").status_code == 200
    assert not [query for query in queries if ApiKey._meta.db_table in query["sql"]]


def test_a_key_that_another_process_revoked_is_refused_once_its_row_is_looked_up_again(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "KEPT_SECONDS", 60)
    client = ask(f"Api-Key {key}")
    assert client.get("/api/v1/categories").status_code == 200
    ApiKey.objects.update(revoked=True)
    assert client.get("/api/v1/categories").status_code == 200
    caches["process"].clear()
    assert client.get("/api/v1/categories").status_code == 401


def test_a_row_is_kept_for_no_longer_than_said(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_keys, "KEPT_SECONDS", 0)
    client = ask(f"Api-Key {key}")
    assert client.get("/api/v1/categories").status_code == 200
    ApiKey.objects.update(revoked=True)
    assert client.get("/api/v1/categories").status_code == 401


def test_a_kept_key_expires_in_time(key: str) -> None:
    row = ApiKey.objects.get()
    ApiKey.objects.update(expiry_date=timezone.now() + timedelta(hours=1))
    client = ask(f"Api-Key {key}")
    assert client.get("/api/v1/categories").status_code == 200
    name = hashlib.sha256(key.encode()).hexdigest()
    row.expiry_date = timezone.now() - timedelta(seconds=1)
    caches["process"].set(name, row)
    assert client.get("/api/v1/categories").status_code == 401


def test_a_request_with_a_key_makes_no_session(key: str) -> None:
    response = ask(f"Api-Key {key}").get("/api/v1/categories")
    assert not response.cookies
    assert "Cookie" not in response["Vary"]


def test_staff_can_open_the_pages_in_a_browser(admin_user: User) -> None:
    client = APIClient()
    client.force_login(admin_user)
    for path in ("categories", "classify", "examples", "feedback"):
        response = client.get(f"/api/v1/{path}", headers={"accept": "text/html"})
        assert response.status_code == (200 if path == "categories" else 405)
        assert response["Content-Type"].startswith("text/html")
    for transactions, status in ([{"description": "NETFLIX"}], 200), ([{}], 400):
        body: dict[str, object] = {"transactions": transactions}
        response = client.post("/api/v1/classify", body, headers={"accept": "text/html"})
        assert response.status_code == status
        assert response["Content-Type"].startswith("text/html")


def test_a_session_needs_the_csrf_token(admin_user: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(admin_user)
    response = client.post("/api/v1/classify", {"transactions": [{"description": "NETFLIX"}]})
    assert response.status_code == 403
    assert errors_of(response) == [(None, "permission_denied")]


def test_a_signed_in_person_can_classify(admin_user: User) -> None:
    client = APIClient()
    client.force_login(admin_user)
    response = client.post("/api/v1/classify", {"transactions": [{"description": "NETFLIX"}]})
    assert response.status_code == 200
