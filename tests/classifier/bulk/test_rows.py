"""What is wrong with a row is said in its place, and the others are answered."""

import codecs
import csv
import io
import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from classifier.bulk.rows import MAX_LINE_BYTES
from classifier.models import Job
from tests.classifier.bulk.conftest import Answer, Run, Send, fetch, lines

pytestmark = pytest.mark.django_db

GOOD = {"description": "NETFLIX.COM"}


def error_of(row: dict[str, Any]) -> tuple[str, str | None]:
    assert "category" not in row
    assert row["error"]["detail"]
    return row["error"]["code"], row["error"]["attr"]


@pytest.mark.parametrize(
    ("line", "code", "attr"),
    [
        (b"{}", "required", "description"),
        (b'{"description": " "}', "blank", "description"),
        (b'{"description": 7}', "invalid", "description"),
        (b'{"description": "NET\\u0000FLIX"}', "null_characters_not_allowed", "description"),
        (b'{"description": "\\ud800"}', "surrogate_characters_not_allowed", "description"),
        (json.dumps({"description": "x" * 513}).encode(), "max_length", "description"),
        (b'{"description": "NETFLIX", "amount": "twelve"}', "invalid", "amount"),
        (b'{"description": "NETFLIX", "amount": NaN}', "parse_error", None),
        (b'{"description": "NETFLIX", "amount": 1e9999999999999999999}', "parse_error", None),
        (b'{"description": "NETFLIX", "amount": 1e5000}', "max_digits", "amount"),
        (b'{"description": "NETFLIX", "mcc": 5814}', "invalid", "mcc"),
        (b'{"description": "NETFLIX", "ammount": 1}', "unknown_field", "ammount"),
        (b'{"description": "NETFLIX", "description": "SHELL"}', "parse_error", None),
        (b'"NETFLIX"', "invalid", None),
        (b"17", "invalid", None),
        (b"null", "null", None),
        (b"[" * 100_000, "parse_error", None),
        (b'{"description": ' + b"[" * 20 + b"]" * 20 + b"}", "parse_error", None),
        (b'{"description": "NETFLIX"', "parse_error", None),
        (b'{"description": "NET\0FLIX"}', "parse_error", None),
        (b'{"description": "CAF\xe9"}', "parse_error", None),
        (b"\0\0\0", "parse_error", None),
        (b'{"description": "' + b"x" * (MAX_LINE_BYTES + 5) + b'"}', "max_length", None),
    ],
)
def test_a_wrong_line_has_its_error_in_its_place(
    answer: Answer, line: bytes, code: str, attr: str | None
) -> None:
    first, wrong, last = answer(lines(GOOD).encode() + line + b"\n" + lines(GOOD).encode())
    assert error_of(wrong) == (code, attr)
    assert (first["row"], wrong["row"], last["row"]) == (1, 2, 3)
    assert first["category"] == last["category"] is not None


def test_a_wrong_line_is_known_by_its_id_where_that_can_be_read(answer: Answer) -> None:
    found = answer(
        lines(
            {"description": "", "transaction_id": " t-1 "},
            {"description": "", "transaction_id": "x" * 129},
            {"description": "", "transaction_id": 7},
        )
    )
    assert [row["transaction_id"] for row in found] == ["t-1", None, None]


def test_blank_lines_are_no_rows_and_the_last_line_needs_no_end(answer: Answer) -> None:
    content = (
        codecs.BOM_UTF8 + b'\n  \r\n{"description": "NETFLIX.COM"}\r\n\n{"description": "SHELL"}'
    )
    assert [row["row"] for row in answer(content)] == [1, 2]


def test_texts_of_every_script_come_through(answer: Answer) -> None:
    ids = ["café-ß", "交易-1", "😀", 'a "quoted", one;', "two\u2028lines"]
    found = answer(
        lines(*({"description": "КАФЕ 咖啡 ☕", "transaction_id": each} for each in ids))
    )
    assert [row["transaction_id"] for row in found] == ids


CSV_LINES = [
    b"id;text;amount",
    b'1;"SHELL\nOIL";-1',
    b"4;  ;-1",
    b"5;" + b"x" * 513 + b";-1",
    b"6;TESCO\0;-1",
    b"7;TESCO",
    b"8;TESCO;twelve",
    b"9;CAF\xe9;-1",
    b'10;"NEVER CLOSED;-1',
    "11;CAFÉ NERO;-1,50".encode(),
    b"",
    b"13;" + b"x" * 2_000_000 + b";-1",
    "14;BÄCKEREI KÖLN;-1".encode(),
]
CSV_ERRORS = [
    ("", ""),
    ("4", "text: Line 4: The description is empty."),
    ("5", "text: Line 5: The description is longer than 512 characters."),
    ("", "Line 6: It holds a NUL character."),
    ("", "Line 7: It has 2 columns, not 3."),
    ("8", "amount: Line 8: The amount is not a number."),
    ("", "Line 9: It holds bytes that are not utf-8."),
    ("", "Line 10: Its quotes or length are wrong"),
    ("", ""),
    ("", "Line 13: Its quotes or length are wrong"),
    ("", ""),
]


def test_wrong_rows_of_a_csv_file_say_so_in_their_place(
    send: Send, run: Run, api: APIClient
) -> None:
    sent = send(b"\n".join(CSV_LINES), "rows.csv", column="text", amount_column="amount")
    job = run(sent)
    found = _rows(fetch(api, job))
    assert len(found) == len(CSV_ERRORS) == job.result["rows"]
    for row, (own_id, error) in zip(found, CSV_ERRORS, strict=True):
        assert row["error"].startswith(error)
        assert bool(row["error"]) == bool(error)
        assert bool(row["model_version"]) != bool(error)
        if error:
            assert row["id"] == own_id
    assert [row["id"] for row in found if not row["error"]] == ["1", "11", "14"]
    assert job.result["errors"] == 8
    assert job.result["error_reasons"]["text: The description is empty."] == 1


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), delimiter=";"))


def test_a_wrong_row_of_a_csv_file_in_lines_of_json(answer: Answer) -> None:
    (wrong,) = answer("id,text\n1,\n", "rows.csv", column="text", results="ndjson")
    assert wrong == {
        "row": 1,
        "transaction_id": None,
        "error": {
            "code": "invalid",
            "detail": "Line 2: The description is empty.",
            "attr": "text",
        },
    }


def test_a_wrong_line_in_csv(answer: Answer) -> None:
    (wrong,) = answer(lines({"description": "", "transaction_id": "t-1"}), results="csv")
    assert (wrong["row"], wrong["transaction_id"], wrong["category"]) == ("1", "t-1", "")
    assert wrong["error"] == "description: This field may not be blank."


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_of_a_csv_file_is_found(answer: Answer, encoding: str) -> None:
    (row,) = answer("id,text\n1,CAFÉ FRANÇOIS\n".encode(encoding), "rows.csv", column="text")
    assert (row["id"], row["text"]) == ("1", "CAFÉ FRANÇOIS")
    assert row["model_version"]


def test_a_file_of_nothing_but_errors_has_results_of_nothing_but_errors(
    send: Send, run: Run
) -> None:
    job = run(send(b"\xff\xfe\n" * 50))
    assert job.status == Job.Status.SUCCEEDED
    assert (job.result["rows"], job.result["errors"]) == (50, 50)
    assert job.result["error_reasons"] == {"The line is not UTF-8: byte 0 is wrong.": 50}
