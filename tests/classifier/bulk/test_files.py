"""A file in, a file of answers out: the three ways in and the two ways out."""

import csv
import io
from typing import Any

import pytest
from rest_framework.test import APIClient

from classifier.models import Job, JobPart, ModelVersion, Prediction
from classifier.services.file_classification import ANSWER_COLUMNS
from tests.classifier.bulk.conftest import (
    ADDRESS,
    Answer,
    Run,
    Send,
    answers_alone,
    fetch,
    lines,
    read_results,
    stored_files,
)

pytestmark = pytest.mark.django_db

TEXTS = ["NETFLIX.COM", "SHELL OIL 5742 HOUSTON TX", "0423 1187", "NETFLIX.COM"]
ITEMS = [
    {"description": text, "amount": -number, "transaction_id": f"t-{number}"}
    for number, text in enumerate(TEXTS, start=1)
]
CSV = "id;text;amount\n" + "".join(
    f"{number};{text};-{number},50\n" for number, text in enumerate(TEXTS, start=1)
)
COLUMNS = {"column": "text", "amount_column": "amount"}


@pytest.fixture
def alone(api: APIClient) -> list[dict[str, Any]]:
    return answers_alone(api, ITEMS)


def test_lines_of_json_are_answered_as_one_by_one(
    answer: Answer, alone: list[dict[str, Any]]
) -> None:
    found = answer(lines(*ITEMS))
    assert found == [{"row": number, **result} for number, result in enumerate(alone, start=1)]


def test_a_list_is_answered_as_lines_are(
    api: APIClient, run: Run, alone: list[dict[str, Any]]
) -> None:
    job = run(api.post(ADDRESS, {"transactions": ITEMS}))
    found = read_results(api, job)
    assert found == [{"row": number, **result} for number, result in enumerate(alone, start=1)]


def test_a_csv_file_keeps_its_columns_and_delimiter_and_gains_the_answers(
    send: Send, run: Run, api: APIClient, alone: list[dict[str, Any]]
) -> None:
    job = run(send(CSV, "rows.csv", **COLUMNS))
    text = fetch(api, job).decode()
    header = text.splitlines()[0].split(";")
    assert header == ["id", "text", "amount", *ANSWER_COLUMNS, "error"]
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    assert [row["text"] for row in rows] == TEXTS
    assert [row["amount"] for row in rows] == ["-1,50", "-2,50", "-3,50", "-4,50"]
    for row, result in zip(rows, alone, strict=True):
        assert row["category"] == (result["category"]["slug"] if result["category"] else "")
        assert row["level"] == result["level"]
        assert row["model_version"] == result["model_version"]
        assert row["error"] == ""


def test_a_csv_file_can_be_answered_in_lines_of_json(
    answer: Answer, alone: list[dict[str, Any]]
) -> None:
    found = answer(CSV, "rows.csv", results="ndjson", **COLUMNS)
    assert found == [
        {"row": number, **result, "transaction_id": None}
        for number, result in enumerate(alone, start=1)
    ]


def test_lines_of_json_can_be_answered_in_csv(answer: Answer, alone: list[dict[str, Any]]) -> None:
    found = answer(lines(*ITEMS), results="csv", prefix="x_")
    assert [(row["row"], row["transaction_id"]) for row in found] == [
        (str(number), f"t-{number}") for number in (1, 2, 3, 4)
    ]
    slugs = [result["category"]["slug"] if result["category"] else "" for result in alone]
    assert [row["x_category"] for row in found] == slugs
    assert found[2]["x_reason"] == "no_text"


def test_the_job_says_what_it_found_and_stores_no_prediction(
    send: Send, run: Run, active_version: ModelVersion
) -> None:
    job = run(send(lines(*ITEMS, {"description": ""})))
    assert job.result["rows"] == 5
    assert (job.result["answered"], job.result["for_review"], job.result["errors"]) == (3, 1, 1)
    assert job.result["error_reasons"] == {"description: This field may not be blank.": 1}
    assert job.result["distinct_texts"] == 3
    assert job.result["model_version"] == active_version.name
    assert job.message.startswith("5 rows: 3 with a category")
    assert not Prediction.objects.exists()


def test_money_in_and_money_out_of_one_text_are_told_apart(answer: Answer) -> None:
    text = "PAYROLL DEPOSIT ACME"
    paid_in, paid_out, unknown = answer(
        lines(
            {"description": text, "amount": 100},
            {"description": text, "amount": -100},
            {"description": text, "amount": 0},
        )
    )
    assert paid_in["category"]["slug"] == "paychecks"
    assert paid_out["category"] is None or paid_out["category"]["slug"] != "paychecks"
    assert unknown["score"] == paid_in["score"]


def test_a_version_can_be_named_and_answers_though_another_is_active(
    answer: Answer, second_version: ModelVersion
) -> None:
    (found,) = answer(lines("NETFLIX.COM"), version=second_version.name)
    assert found["model_version"] == second_version.name


def test_the_version_is_pinned_when_the_file_is_sent(
    send: Send, run: Run, api: APIClient, active_version: ModelVersion, different_version: Any
) -> None:
    from classifier.services.activations import activate_version

    response = send(lines("NETFLIX.COM"))
    activate_version(different_version)
    (found,) = read_results(api, run(response))
    assert found["model_version"] == active_version.name


@pytest.mark.parametrize(
    ("content", "name", "options"),
    [("\n \n", "rows.ndjson", {}), ("id,text\n", "rows.csv", {"column": "text"})],
)
def test_a_file_without_rows_has_results_without_rows(
    answer: Answer, content: str, name: str, options: dict[str, str]
) -> None:
    assert answer(content, name, **options) == []
    assert Job.objects.get().result["rows"] == 0


def test_what_was_needed_on_the_way_is_gone_at_the_end(send: Send, run: Run) -> None:
    job = run(send(lines(*ITEMS)))
    assert stored_files(job) == {"results", "result.json"}
    assert not JobPart.objects.exists()


def test_more_rows_than_allowed_end_the_job(
    send: Send, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifier.bulk.split.MAX_ROWS", 3)
    job = run(send(lines(*ITEMS)))
    assert job.status == Job.Status.FAILED
    assert job.error == "The file has more than 3 rows."
