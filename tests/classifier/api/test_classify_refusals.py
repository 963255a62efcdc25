"""What is not taken is refused whole, with the item and the field named."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings
from rest_framework.test import APIClient

from tests.classifier.api.conftest import errors_of, stored_rows

pytestmark = pytest.mark.django_db
PostRaw = Callable[..., Any]
GOOD = {"description": "NETFLIX.COM"}


@pytest.fixture(autouse=True)
def _nothing_is_stored() -> Any:
    before = stored_rows()
    yield
    assert stored_rows() == before


@pytest.mark.parametrize(
    ("item", "field", "code"),
    [
        ({}, "description", "required"),
        ({"description": None}, "description", "null"),
        ({"description": ""}, "description", "blank"),
        ({"description": " \t\n "}, "description", "blank"),
        ({"description": "x" * 513}, "description", "max_length"),
        ({"description": "x" * 1_000_000}, "description", "max_length"),
        ({"description": 7}, "description", "invalid"),
        ({"description": ["NETFLIX"]}, "description", "invalid"),
        ({"description": {"text": "NETFLIX"}}, "description", "invalid"),
        ({"description": True}, "description", "invalid"),
        ({"description": "NET\0FLIX"}, "description", "null_characters_not_allowed"),
        ({"description": "NET\ud800FLIX"}, "description", "surrogate_characters_not_allowed"),
        ({**GOOD, "amount": "twelve"}, "amount", "invalid"),
        ({**GOOD, "amount": "NaN"}, "amount", "invalid"),
        ({**GOOD, "amount": "-Infinity"}, "amount", "invalid"),
        ({**GOOD, "amount": "1_000"}, "amount", "invalid"),
        ({**GOOD, "amount": ""}, "amount", "invalid"),
        ({**GOOD, "amount": " "}, "amount", "invalid"),
        ({**GOOD, "amount": True}, "amount", "invalid"),
        ({**GOOD, "amount": [1]}, "amount", "invalid"),
        ({**GOOD, "amount": 0.00001}, "amount", "max_decimal_places"),
        ({**GOOD, "amount": 10**18}, "amount", "max_digits"),
        ({**GOOD, "amount": 10**4000}, "amount", "max_string_length"),
        ({**GOOD, "currency": "EURO"}, "currency", "invalid"),
        ({**GOOD, "currency": "€"}, "currency", "invalid"),
        ({**GOOD, "currency": 978}, "currency", "invalid"),
        ({**GOOD, "direction": "sideways"}, "direction", "invalid_choice"),
        ({**GOOD, "direction": "\ud800"}, "direction", "invalid_choice"),
        ({**GOOD, "direction": ["income"]}, "direction", "invalid_choice"),
        ({**GOOD, "mcc": "581"}, "mcc", "invalid"),
        ({**GOOD, "mcc": "٥٨١٤"}, "mcc", "invalid"),
        ({**GOOD, "mcc": 5814}, "mcc", "invalid"),
        ({**GOOD, "occurred_at": "yesterday"}, "occurred_at", "invalid"),
        ({**GOOD, "occurred_at": 5}, "occurred_at", "invalid"),
        ({**GOOD, "occurred_at": "2026-03-01T09:30\0"}, "occurred_at", "invalid"),
        ({**GOOD, "occurred_at": "0001-01-01T00:00:00+23:00"}, "occurred_at", "overflow"),
        ({**GOOD, "occurred_at": "0001-01-01T00:00:00Z"}, "occurred_at", "overflow"),
        ({**GOOD, "occurred_at": "9999-12-31T23:59:59Z"}, "occurred_at", "overflow"),
        ({**GOOD, "user_id": "u" * 129}, "user_id", "max_length"),
        ({**GOOD, "user_id": 42}, "user_id", "invalid"),
        ({**GOOD, "transaction_id": "a\0b"}, "transaction_id", "null_characters_not_allowed"),
        ({**GOOD, "descriptoin": "x"}, "descriptoin", "unknown_field"),
        ({**GOOD, "bad\ud800name": 1}, "bad\\ud800name", "unknown_field"),
    ],
)
def test_a_field_is_refused_with_its_item_named(
    post_raw: PostRaw, item: dict[str, Any], field: str, code: str
) -> None:
    response = post_raw(json.dumps({"transactions": [GOOD, item]}).encode())
    assert response.status_code == 400
    assert errors_of(response) == [(f"transactions.1.{field}", code)]


@pytest.mark.parametrize(
    ("transactions", "attr", "code"),
    [
        ([], "transactions", "empty"),
        ([GOOD] * 1001, "transactions", "max_length"),
        (GOOD, "transactions", "not_a_list"),
        ("NETFLIX", "transactions", "not_a_list"),
        (None, "transactions", "null"),
        ([GOOD, "NETFLIX"], "transactions.1", "invalid"),
        ([GOOD, [GOOD]], "transactions.1", "invalid"),
        ([GOOD, None], "transactions.1", "null"),
    ],
)
def test_a_list_of_another_shape_is_refused(
    api: APIClient, transactions: object, attr: str, code: str
) -> None:
    response = api.post("/api/v1/classify", {"transactions": transactions})
    assert response.status_code == 400
    assert errors_of(response) == [(attr, code)]


def test_fields_beside_the_list_are_named_too(api: APIClient) -> None:
    response = api.post("/api/v1/classify", {"transactions": [GOOD], "model": "v9"})
    assert errors_of(response) == [("model", "unknown_field")]


def test_all_that_is_wrong_is_said_at_once(api: APIClient) -> None:
    items = [{"description": "", "mcc": "x", "extra": 1}, GOOD, {"amount": "x"}]
    response = api.post("/api/v1/classify", {"transactions": items})
    assert errors_of(response) == [
        ("transactions.0.description", "blank"),
        ("transactions.0.mcc", "invalid"),
        ("transactions.0.extra", "unknown_field"),
        ("transactions.2.description", "required"),
        ("transactions.2.amount", "invalid"),
    ]


def test_no_more_than_a_hundred_errors_are_listed(api: APIClient) -> None:
    response = api.post("/api/v1/classify", {"transactions": [{}] * 1000})
    assert len(errors_of(response)) == 100


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"transactions":' + b"[" * 17 + b"]" * 17 + b"}",
        b"null",
        b'"transactions"',
        b'{"transactions": [{"description": "A", "amount": NaN}]}',
        b'{"transactions": [{"description": "A", "amount": -Infinity}]}',
        b'{"transactions": [{"description": "A", "amount": 1e99999999999999999999}]}',
        b'{"transactions": [{"description": "A", "amount": ' + b"9" * 5000 + b"}]}",
        b'{"transactions": [{"description": "A", "description": "B"}]}',
        b'{"transactions": [{"description": "caf\xe9"}]}',
        '{"transactions": [{"description": "A"}]}'.encode("utf-16"),
        '\ufeff{"transactions": [{"description": "A"}]}'.encode(),
        b"transactions=A",
    ],
)
def test_a_body_that_is_not_strict_json_is_refused(post_raw: PostRaw, body: bytes) -> None:
    response = post_raw(body)
    assert response.status_code == 400
    errors = errors_of(response)
    assert errors in ([(None, "parse_error")], [("transactions", "required")])


def test_a_key_that_occurs_twice_is_named(post_raw: PostRaw) -> None:
    response = post_raw(b'{"transactions": [{"description": "A", "description": "B"}]}')
    assert "“description”" in response.json()["errors"][0]["detail"]


def test_a_number_of_thousands_of_digits_is_refused_in_the_words_of_the_api(
    post_raw: PostRaw,
) -> None:
    [error] = post_raw(b'{"transactions": [{"amount": ' + b"9" * 5000 + b"}]}").json()["errors"]
    assert error["detail"] == f"A number has more than 4,300 digits: {'9' * 20}…"


@pytest.mark.parametrize(
    ("content_type", "headers"),
    [
        ("text/plain", {}),
        ("", {}),
        ("application/x-www-form-urlencoded", {}),
        ("multipart/form-data; boundary=x", {}),
        ("application/json; charset=latin-1", {}),
        ("application/json", {"HTTP_CONTENT_ENCODING": "gzip"}),
    ],
)
def test_another_content_type_is_refused(
    post_raw: PostRaw, content_type: str, headers: dict[str, str]
) -> None:
    body = json.dumps({"transactions": [GOOD]}).encode()
    response = post_raw(body, content_type=content_type, **headers)
    assert response.status_code == 415
    assert errors_of(response) == [(None, "unsupported_media_type")]


def test_a_body_over_the_limit_is_refused_before_it_is_read(
    post_raw: PostRaw, settings: Settings
) -> None:
    settings.API_MAX_BODY_BYTES = 100
    response = post_raw(b"not even JSON".ljust(101))
    assert response.status_code == 413
    assert errors_of(response) == [(None, "payload_too_large")]


def test_a_length_of_more_digits_than_can_be_read_is_over_the_limit(post_raw: PostRaw) -> None:
    response = post_raw(b"{}", CONTENT_LENGTH="9" * 5000)
    assert response.status_code == 413
    assert errors_of(response) == [(None, "payload_too_large")]


def test_a_body_without_a_length_is_refused(post_raw: PostRaw) -> None:
    response = post_raw(b"", HTTP_TRANSFER_ENCODING="chunked")
    assert response.status_code == 411
    assert errors_of(response) == [(None, "length_required")]


FIELDS = [
    "transactions",
    "feedback",
    "description",
    "amount",
    "currency",
    "direction",
    "user_id",
    "transaction_id",
    "occurred_at",
    "mcc",
    "prediction_id",
    "correct",
    "category",
    "text",
    "note",
    "override",
    "source",
    "comment",
]
names = st.sampled_from(FIELDS)
# Lone surrogates too: JSON can escape them.
text = st.text(st.characters(exclude_categories=()), max_size=9)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | text, inner, max_size=4),
    max_leaves=12,
)
bodies = anything | st.fixed_dictionaries(
    {"transactions": st.lists(st.dictionaries(names | text, anything, max_size=3), max_size=3)}
)


@given(value=bodies, path=st.sampled_from(["classify", "examples", "feedback"]))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_json_makes_the_api_fail_or_store_half(
    post_raw: PostRaw, value: object, path: str
) -> None:
    before = stored_rows()
    response = post_raw(json.dumps(value).encode(), f"/api/v1/{path}")
    assert response.status_code < 500
    if response.status_code >= 400:
        errors_of(response)
        assert stored_rows() == before
