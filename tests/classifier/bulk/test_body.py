"""A JSON body of any size is read piece by piece, and refused whole where it is wrong."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError, ValidationError

from classifier.bulk import body as module
from classifier.bulk.body import TransactionsParser
from classifier.errors import errors_in

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def parse(content: bytes | str) -> tuple[dict[str, Any], list[str]]:
    """The body's members, and the lines of its file."""
    body = content.encode() if isinstance(content, str) else content
    members = TransactionsParser().parse(io.BytesIO(body))
    with members.pop("file") as file:
        file.seek(0)
        text = file.read().decode()
    assert members.pop("format") == "ndjson"
    return members, text.split("\n")[:-1]


@pytest.fixture(params=[1, 7, 1 << 18])
def chunk_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """However the pieces are cut."""
    monkeypatch.setattr(module, "CHUNK_BYTES", request.param)
    return int(request.param)


def test_each_item_is_a_line_and_the_rest_is_kept(chunk_bytes: int) -> None:
    members, lines = parse(
        '\n{"results": "csv", "transactions" : [ {"description":\n "CAFÉ ☕ \\n", "amount": -1.50},'
        '\r\n12.0, "x", null ] ,"version":"v1"}\n'
    )
    assert members == {"results": "csv", "version": "v1"}
    assert lines[0] == '{"description":  "CAFÉ ☕ \\n", "amount": -1.50}'
    assert lines[1:] == ["12.0", '"x"', "null"]


@given(st.lists(values, min_size=1), st.sampled_from([None, 1, 2]))
def test_items_come_out_as_they_went_in(items: list[Any], indent: int | None) -> None:
    _, lines = parse(json.dumps({"transactions": items}, indent=indent, ensure_ascii=False))
    assert [json.loads(line) for line in lines] == items


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "7",
        "{",
        '{"transactions"',
        '{"transactions": [',
        '{"transactions": [{"description": "A"}',
        '{"transactions": [{"description": "A"}]',
        '{"transactions": [{"description": "A"} {"description": "B"}]}',
        '{"transactions": [{"description": "A"},]}',
        '{"transactions": [1]} x',
        '{"transactions": [1] "results": "csv"}',
        '{"transactions": [1], "transactions": [2]}',
        '{"transactions": ["NET\nFLIX"]}',
        "{7: [1]}",
        b'{"transactions": ["\xff"]}',
        b'{"transactions": ["\xc3',
        '{"transactions": [' + "[" * 100_000,
        json.dumps({str(number): 1 for number in range(100)} | {"transactions": [1]}),
    ],
)
def test_what_is_no_json_is_refused(body: bytes | str, chunk_bytes: int) -> None:
    if chunk_bytes == 1 and len(body) > 1000:
        body = body[:1000]
    with pytest.raises(ParseError):
        parse(body)


@pytest.mark.parametrize(
    ("body", "name", "code"),
    [
        ("{}", "transactions", "required"),
        ('{"transactions": []}', "transactions", "empty"),
        ('{"transactions": {"description": "A"}}', "transactions", "not_a_list"),
        ('{"transactions": null}', "transactions", "not_a_list"),
        ('{"transactions": [1, 2, 3, 4]}', "transactions", "max_length"),
        ('{"transactions": [1], "file": "x"}', "file", "unknown_field"),
        ('{"transactions": [1], "format": "csv"}', "format", "unknown_field"),
    ],
)
def test_a_list_that_is_missing_empty_or_too_long_is_refused(
    body: str, name: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 3)
    with pytest.raises(ValidationError) as refused:
        parse(body)
    assert [(error.attr, error.code) for error in errors_in(refused.value.detail)] == [(name, code)]


def test_an_item_longer_than_any_is_refused_before_all_of_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_VALUE_CHARACTERS", 1000)
    monkeypatch.setattr(module, "CHUNK_BYTES", 100)
    stream = io.BytesIO(b'{"transactions": ["' + b"x" * 100_000)
    with pytest.raises(ParseError):
        TransactionsParser().parse(stream)
    assert stream.tell() < 2000
