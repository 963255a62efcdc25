"""So many requests a minute for each key, and no more."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier import throttling
from classifier.models import Scope
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.API_RATE = 3
    cache.clear()
    set_clock(monkeypatch, 600.0)


def set_clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(throttling, "time", lambda: seconds)


def statuses(client: APIClient, count: int) -> list[int]:
    return [client.get("/api/v1/categories").status_code for _ in range(count)]


def test_requests_over_the_rate_are_refused(api: APIClient) -> None:
    assert statuses(api, 5) == [200, 200, 200, 429, 429]


def test_a_refused_request_says_when_to_come_back(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, 645.0)
    statuses(api, 3)
    response = api.get("/api/v1/categories")
    assert errors_of(response) == [(None, "throttled")]
    assert response["Retry-After"] == "15"


def test_the_next_minute_begins_anew(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert statuses(api, 4)[-1] == 429
    set_clock(monkeypatch, 660.0)
    assert statuses(api, 1) == [200]


def test_one_key_does_not_use_up_another(make_client: Any) -> None:
    first, second = make_client(Scope.CLASSIFY), make_client(Scope.CLASSIFY)
    assert statuses(first, 4)[-1] == 429
    assert statuses(second, 1) == [200]


def test_a_signed_in_person_is_counted_too(admin_user: User) -> None:
    client = APIClient()
    client.force_login(admin_user)
    assert statuses(client, 4) == [200, 200, 200, 429]


def test_who_has_no_key_is_counted_by_address() -> None:
    client = APIClient()
    codes = [client.get("/api/schema/").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert client.get("/api/schema/", REMOTE_ADDR="192.0.2.7").status_code == 200


def test_no_caller_is_forgotten_for_a_thousand_others(api: APIClient) -> None:
    assert statuses(api, 3) == [200] * 3
    for number in range(1_000):
        cache.add(f"throttle:address:{number}:10", 1)
    assert statuses(api, 1) == [429]
