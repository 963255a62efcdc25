"""A key does what its scopes name, a person what their permissions do."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from rest_framework.test import APIClient

from classifier.models import Scope
from tests.classifier.api.conftest import errors_of, stored_rows

pytestmark = pytest.mark.django_db

CALLS: dict[Scope, tuple[str, dict[str, Any]]] = {
    Scope.CLASSIFY: ("classify", {"transactions": [{"description": "NETFLIX.COM"}]}),
    Scope.CURATE: ("examples", {"category": "coffee-shops", "text": "QUIET CORNER ROASTERS"}),
    Scope.FEEDBACK: ("feedback", {"feedback": [{"transaction_id": "none", "correct": True}]}),
}
ALLOWED = {Scope.CLASSIFY: 200, Scope.CURATE: 201, Scope.FEEDBACK: 422}
PERMISSIONS = {
    Scope.CLASSIFY: "add_prediction",
    Scope.CURATE: "add_example",
    Scope.FEEDBACK: "add_feedback",
}


@pytest.mark.parametrize("scope", CALLS)
def test_a_key_with_the_scope_may(make_client: Any, scope: Scope) -> None:
    path, body = CALLS[scope]
    assert make_client(scope).post(f"/api/v1/{path}", body).status_code == ALLOWED[scope]


@pytest.mark.parametrize("scope", CALLS)
def test_a_key_with_all_other_scopes_may_not(make_client: Any, scope: Scope) -> None:
    path, body = CALLS[scope]
    before = stored_rows()
    response = make_client(*(set(Scope) - {scope})).post(f"/api/v1/{path}", body)
    assert response.status_code == 403
    assert errors_of(response) == [(None, "permission_denied")]
    assert f"“{scope.value}”" in response.json()["errors"][0]["detail"]
    assert stored_rows() == before


def test_any_key_may_read_the_categories(make_client: Any) -> None:
    assert make_client(Scope.METRICS).get("/api/v1/categories").status_code == 200


def person(**flags: Any) -> tuple[APIClient, User]:
    user = User.objects.create_user("grace", password="a password of grace", **flags)
    client = APIClient()
    client.force_login(user)
    return client, user


@pytest.mark.parametrize("scope", CALLS)
def test_staff_with_the_permission_may(scope: Scope) -> None:
    client, user = person(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=PERMISSIONS[scope]))
    path, body = CALLS[scope]
    assert client.post(f"/api/v1/{path}", body).status_code == ALLOWED[scope]


@pytest.mark.parametrize("scope", CALLS)
def test_staff_without_the_permission_may_not(scope: Scope) -> None:
    client, _ = person(is_staff=True)
    path, body = CALLS[scope]
    response = client.post(f"/api/v1/{path}", body)
    assert response.status_code == 403
    assert PERMISSIONS[scope] in response.json()["errors"][0]["detail"]


def test_a_signed_in_person_who_is_not_staff_may_not() -> None:
    client, user = person()
    user.user_permissions.set(Permission.objects.all())
    assert client.get("/api/v1/categories").status_code == 403
    assert client.post("/api/v1/classify", CALLS[Scope.CLASSIFY][1]).status_code == 403
