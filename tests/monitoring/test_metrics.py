"""`/metrics`: who may read it, and in which words it answers."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier.models import Scope
from tests.database import database_away

ELSEWHERE = "203.0.113.7"


@pytest.fixture
def outside(make_client: Any) -> Callable[..., Any]:
    """A function from scopes to the answer that a key with them gets from elsewhere."""

    def ask(*scopes: Scope) -> Any:
        client: APIClient = make_client(*scopes)
        return client.get("/metrics", REMOTE_ADDR=ELSEWHERE)

    return ask


@pytest.mark.django_db
def test_this_machine_may_read_without_a_key(client: Client) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "txcat_predictions_total" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["text/plain", "application/openmetrics-text"])
@pytest.mark.parametrize("version", ["x", "1.x", "1.", "=", "0.0.4"])
def test_a_version_that_is_none_gets_the_plain_text(
    client: Client, kind: str, version: str
) -> None:
    answer = client.get("/metrics", headers={"Accept": f"{kind}; version={version}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")


@pytest.mark.django_db
def test_a_key_with_the_scope_may_read_from_anywhere(outside: Callable[..., Any]) -> None:
    assert outside(Scope.METRICS).status_code == 200


@pytest.mark.django_db
def test_a_key_without_it_may_not(outside: Callable[..., Any]) -> None:
    answer = outside(Scope.CLASSIFY, Scope.CURATE)
    assert answer.status_code == 403
    [error] = answer.json()["errors"]
    assert "“metrics”" in error["detail"]


@pytest.mark.django_db
def test_nobody_else_may(client: Client) -> None:
    answer = client.get("/metrics", REMOTE_ADDR=ELSEWHERE)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Api-Key")
    assert answer.json()["errors"][0]["code"] == "not_authenticated"


@pytest.mark.django_db
def test_not_even_a_superuser_who_is_signed_in(admin_client: Client) -> None:
    assert admin_client.get("/metrics", REMOTE_ADDR=ELSEWHERE).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "txcat.bank.example"),
        ("X-Forwarded-Server", "proxy"),
        ("X-Forwarded-Port", "443"),
        ("Forwarded", "for=127.0.0.1"),
        ("X-Real-IP", "127.0.0.1"),
        ("Via", "1.1 proxy"),
    ],
)
def test_who_comes_by_a_proxy_on_this_machine_needs_a_key(
    client: Client, header: str, says: str
) -> None:
    assert client.get("/metrics", headers={header: says}).status_code == 401


@pytest.mark.django_db
def test_a_forwarded_address_lets_nobody_in(client: Client) -> None:
    headers = {"X-Forwarded-For": "127.0.0.1"}
    answer = client.get("/metrics", REMOTE_ADDR=ELSEWHERE, headers=headers)
    assert answer.status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("203.0.113.7", 200),
        ("::ffff:203.0.113.7", 200),
        ("203.0.114.7", 401),
        ("127.0.0.1", 401),
        ("::1", 401),
        ("", 401),
        ("unix:", 401),
    ],
)
def test_the_networks_are_those_of_the_setting(
    client: Client, settings: Settings, address: str, status: int
) -> None:
    settings.METRICS_NETWORKS = [ip_network("203.0.113.0/24")]
    assert client.get("/metrics", REMOTE_ADDR=address).status_code == status


@pytest.mark.django_db
def test_it_speaks_openmetrics_where_that_is_asked_for(client: Client) -> None:
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    answer = client.get("/metrics", headers={"accept": accept})
    assert answer["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.content.endswith(b"# EOF\n")


@pytest.mark.django_db
def test_it_asks_five_queries_and_touches_no_session(client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        answer = client.get("/metrics")
    tables = [query["sql"] for query in asked.captured_queries if " FROM " in query["sql"]]
    assert len(tables) == 5
    assert not any("session" in sql for sql in tables)
    assert not answer.cookies


@pytest.mark.django_db
def test_it_is_not_sent_to_tls(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/metrics").status_code == 200


@pytest.mark.django_db
def test_without_a_database_it_tells_what_is_left_and_says_so(client: Client) -> None:
    with database_away():
        answer = client.get("/metrics")
    said = answer.content.decode()
    assert answer.status_code == 200
    assert 'txcat_collector_up{collector="database"} 0.0' in said
    assert 'txcat_collector_up{collector="disk"} 1.0' in said
    assert "txcat_predictions_total" in said
    assert "txcat_jobs" not in said
    assert "txcat_process_" not in said


@pytest.mark.django_db
def test_what_a_client_makes_up_is_no_label(client: Client) -> None:
    client.generic("QUAGGA", "/api/v1/classify")
    client.generic("QUAGGA", "/quagga/quagga")
    client.get("/api/v1/users/quagga/categories")
    said = client.get("/metrics").content.decode()
    assert "quagga" not in said.lower()


@pytest.mark.django_db
def test_a_scrape_is_no_request_of_the_api(client: Client) -> None:
    client.get("/metrics")
    assert (
        'txcat_api_responses_total{endpoint="metrics"'
        not in client.get("/metrics").content.decode()
    )


@pytest.mark.django_db
def test_a_request_of_the_api_is_counted_once(api: APIClient) -> None:
    before = api.get("/metrics").content.decode()
    api.get("/api/v1/categories")
    after = api.get("/metrics").content.decode()
    assert 'txcat_api_responses_total{endpoint="categories",method="GET",status="200"}' in after
    assert 'view="categories"' not in before + after
    assert 'view="metrics"' in after
