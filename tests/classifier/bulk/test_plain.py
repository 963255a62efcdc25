"""What is told to be in order without the serializer is in order for the serializer."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from classifier.parsers import read_json
from classifier.serializers.plain import read_plain
from classifier.serializers.requests import read_transaction

WHOLE = {
    "description": " TST* HAUS COFFEE 12 ",
    "amount": "-6.50",
    "currency": "usd",
    "direction": "expense",
    "user_id": "u-42",
    "transaction_id": "t-1",
    "occurred_at": "2026-03-01T09:30:00Z",
    "mcc": "5814",
}

texts = st.text(max_size=4) | st.sampled_from(
    ["A", " A ", "x" * 512, "x" * 513, "x" * 128, "x" * 129, "USD", "5814", "٥٨١٤", "income"]
)
numbers = (
    st.integers(-(10**15), 10**15)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["-6.50", "+1", " 1 ", "1.00000", "12345678901234.5678", "1e5", "1_0", "\u0661"]
    )
)
moments = st.datetimes().map(lambda moment: moment.isoformat()) | st.sampled_from(
    ["2026-03-01", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "20260301T0930", "x"]
)
values: st.SearchStrategy[Any] = (
    texts | numbers | moments | st.none() | st.booleans() | st.just([]) | st.just({})
)
items = st.dictionaries(st.sampled_from([*WHOLE, "other"]), values, max_size=9) | values


def test_a_common_transaction_is_plain() -> None:
    plain = read_plain(WHOLE)
    assert plain == read_transaction(WHOLE).for_engine()
    assert read_plain(read_json(json.dumps({**WHOLE, "amount": -6.5}))) == plain


@given(items, st.sampled_from([{}, {"description": "NETFLIX.COM"}]))
def test_what_is_plain_is_what_the_serializer_makes_of_it(item: Any, known: dict[str, str]) -> None:
    if isinstance(item, dict):
        item = {**item, **known}
    plain = read_plain(item)
    if plain is not None:
        assert plain == read_transaction(item).for_engine()


@pytest.mark.parametrize(
    "change",
    [
        {"description": None},
        {"description": "NET\0FLIX"},
        {"description": "\ud800"},
        {"description": "x" * 513},
        {"amount": True},
        {"amount": Decimal("1e20")},
        {"amount": 10**14},
        {"currency": "EURO"},
        {"direction": ["income"]},
        {"mcc": "٥٨١٤"},
        {"occurred_at": "0001-01-01T00:00:00+23:00"},
        {"user_id": ""},
        {"other": 1},
        {"other": None},
    ],
)
def test_what_the_serializer_refuses_is_not_plain(change: dict[str, Any]) -> None:
    item = {**WHOLE, **change}
    with pytest.raises(ValidationError):
        read_transaction(item)
    assert read_plain(item) is None
