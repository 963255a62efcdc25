"""Whatever the headers hold, the WSGI application answers: nothing leaves it as an exception."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_started
from django.db import close_old_connections
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.models import Scope
from classifier.services.api_keys import create_api_key
from txcat.wsgi import application

pytestmark = pytest.mark.django_db
BODY = json.dumps({"transactions": [{"description": "NETFLIX.COM"}]}).encode()
MALFORMED = [
    "application/json; charset*=nope'en'%41",
    "application/json; charset*=undefined'en'%41",
    "application/json; charset*=idna'en'%ff",
    "application/json; charset*=a%00'en'%41",
    "application/json; charset*1=utf-8; charset*=utf-8",
    f"application/json; charset*{'1' * 5000}=utf-8",
    "application/json; charset=a\0b",
    "application/json; charset=hex",
    "application/json; charset=undefined",
    "application/json; charset=\xff",
]


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A request would begin by closing the connection that holds the test's transaction."""
    request_started.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)


def ask(method: str, path: str, body: bytes = b"", **environ: Any) -> tuple[int, bytes]:
    """The status and the body of the answer to a request with these WSGI variables."""
    made = RequestFactory().generic(method, path, body).environ
    statuses: list[str] = []
    answer = application({**made, **environ}, lambda status, headers: statuses.append(status))
    return int(statuses[0].split()[0]), b"".join(answer)


@pytest.fixture
def key() -> str:
    _, key = create_api_key("test", [Scope.CLASSIFY])
    return f"Api-Key {key}"


def test_a_well_formed_request_is_answered(key: str) -> None:
    for content_type in ("application/json", "application/json; charset=utf-8"):
        status, body = ask(
            "POST",
            "/api/v1/classify",
            BODY,
            CONTENT_TYPE=content_type,
            HTTP_ACCEPT="application/json;q=0.9, */*;q=0.1",
            HTTP_AUTHORIZATION=key,
        )
        assert status == 200, body


@pytest.mark.parametrize("content_type", MALFORMED)
def test_a_malformed_content_type_is_a_415_of_the_api(key: str, content_type: str) -> None:
    status, body = ask(
        "POST", "/api/v1/classify", BODY, CONTENT_TYPE=content_type, HTTP_AUTHORIZATION=key
    )
    assert status == 415
    assert [error["code"] for error in json.loads(body)["errors"]] == ["unsupported_media_type"]


@pytest.mark.parametrize("content_type", MALFORMED)
def test_a_malformed_content_type_is_nothing_to_other_pages(content_type: str) -> None:
    for path in ("/healthz", "/admin/login/"):
        # Django would read the query by the charset that the header names.
        status, _ = ask("GET", path, CONTENT_TYPE=content_type, QUERY_STRING="next=%ff\xff")
        assert status == 200


def test_too_long_a_query_is_a_400_whatever_the_charset() -> None:
    query = "&".join("a=1" for _ in range(1_001))
    for content_type in ("application/json", "application/json; charset=utf-8"):
        status, _ = ask("GET", "/admin/login/", CONTENT_TYPE=content_type, QUERY_STRING=query)
        assert status == 400


@pytest.mark.parametrize("accept", ["a/b; x*1=2; x*=3", "*/*, a/b; x*=nope'en'%41"])
def test_a_malformed_accept_header_is_as_none(key: str, accept: str) -> None:
    status, body = ask("GET", "/api/v1/categories", HTTP_ACCEPT=accept, HTTP_AUTHORIZATION=key)
    assert status == 200
    assert json.loads(body)["categories"]


@pytest.mark.parametrize(
    "environ",
    [
        {"PATH_INFO": "/api/v1/\xff\xfe"},
        {"PATH_INFO": "/admin/\xed\xa0\x80"},
        {"PATH_INFO": "/static/\0"},
        {"PATH_INFO": ""},
        {"QUERY_STRING": "format=\xff&page=%ff"},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "ten"},
        {"CONTENT_LENGTH": "9" * 5000},
        {"CONTENT_LENGTH": ""},
        {"HTTP_AUTHORIZATION": "Api-Key \xff\0"},
        {"HTTP_COOKIE": "sessionid=\0; csrftoken=\xff"},
        {"HTTP_HOST": "\xff"},
        {"HTTP_ORIGIN": "http://[x"},
        {"HTTP_REFERER": "http://[x"},
        {"HTTP_IF_MODIFIED_SINCE": "\xff"},
        {"HTTP_ACCEPT_LANGUAGE": "\xff" * 5000},
        {"REQUEST_METHOD": "BREW"},
    ],
)
def test_an_odd_request_is_answered(environ: dict[str, Any]) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        for path in ("/api/v1/categories", "/admin/login/", "/healthz", "/"):
            assert ask(method, path, **environ)[0] < 500


pieces = st.lists(
    st.sampled_from(
        [*"*=;,'\"\\ %/\0\xff", "charset", "*0", "*1", "%41", "utf-8", "hex", "undefined", "x"]
    ),
    max_size=20,
)


@given(content_type=pieces.map("".join), accept=pieces.map("".join))
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_media_type_makes_a_page_fail(content_type: str, accept: str) -> None:
    status, _ = ask(
        "GET",
        "/api/v1/categories",
        CONTENT_TYPE=f"a/b;{content_type}",
        HTTP_ACCEPT=f"a/b;{accept}",
        QUERY_STRING="page=%ff",
    )
    assert status in (401, 406)
