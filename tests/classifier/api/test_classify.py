"""Transactions in, categories out, every answer stored."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier.models import ModelVersion, Prediction
from classifier.signals import predictions_recorded

pytestmark = pytest.mark.django_db
Classify = Callable[..., list[dict[str, Any]]]


def test_a_known_merchant_gets_its_category(classify: Classify, active_version: Any) -> None:
    (result,) = classify({"description": "NETFLIX.COM", "transaction_id": "t-1"})
    assert result["category"]["primary"]["slug"] == "subscriptions"
    assert result["transaction_id"] == "t-1"
    assert result["model_version"] == active_version.name
    assert result["level"] in ("high", "medium", "low")
    assert 0 < result["margin"] < result["score"] <= 1
    assert 0 < result["confidence"] <= 1
    assert result["review"] is False
    assert result["reason"] is None
    assert result["alternatives"][0]["score"] == pytest.approx(
        result["score"] - result["margin"], abs=2e-6
    )


def test_a_prediction_id_is_a_uuid_of_version_7(classify: Classify) -> None:
    (result,) = classify("NETFLIX.COM")
    assert UUID(result["prediction_id"]).version == 7


def test_a_thousand_answers_come_in_the_order_asked_with_duplicates(classify: Classify) -> None:
    texts = ["NETFLIX.COM", "SHELL OIL 5742 HOUSTON TX", "ACH CREDIT ACME PAYROLL"]
    items = [
        {"description": texts[index % 3], "transaction_id": f"t-{index}"} for index in range(1000)
    ]
    results = classify(*items)
    assert [result["transaction_id"] for result in results] == [f"t-{i}" for i in range(1000)]
    alone = [classify(text)[0]["category"]["slug"] for text in texts]
    assert [result["category"]["slug"] for result in results] == [
        alone[index % 3] for index in range(1000)
    ]


@pytest.mark.parametrize("letter", ["ß", "½a", "ﷺ"])
def test_a_text_that_folding_lengthens_is_stored_within_its_column(
    classify: Classify, letter: str
) -> None:
    (result,) = classify({"description": (letter * 512)[:512]})
    prediction = Prediction.objects.get(pk=result["prediction_id"])
    assert prediction.description == (letter * 512)[:512]
    assert 0 < len(prediction.canonical_text) <= 512


def test_every_answer_is_stored_as_it_was_given(classify: Classify, api: APIClient) -> None:
    results = classify(
        {
            "description": "  NETFLIX.COM  ",
            "amount": "-15.4900",
            "currency": "usd",
            "direction": "expense",
            "user_id": "u-1",
            "transaction_id": "t-1",
            "occurred_at": "2026-03-01T09:30:00",
            "mcc": "4899",
        },
        "0423 1187",
    )
    rows = list(Prediction.objects.order_by("id"))
    assert [str(row.id) for row in rows] == [result["prediction_id"] for result in results]
    row = rows[0]
    assert row.description == "NETFLIX.COM"
    assert str(row.amount) == "-15.4900"
    assert (row.currency, row.direction, row.user_id, row.mcc) == ("USD", "expense", "u-1", "4899")
    assert row.occurred_at is not None
    assert row.occurred_at.isoformat() == "2026-03-01T09:30:00+00:00"
    assert row.category is not None
    assert row.category.slug == results[0]["category"]["slug"]
    assert row.api_key is not None


def test_a_description_without_letters_is_left_to_a_person(classify: Classify) -> None:
    (result,) = classify("0423 1187")
    assert result["category"] is None
    assert (result["level"], result["reason"]) == ("abstain", "no_text")
    assert result["review"] is True
    assert result["confidence"] is result["score"] is result["margin"] is None


def test_a_description_that_folding_lengthens_is_stored(classify: Classify) -> None:
    text = "\ufdfa" * 512
    classify(text)
    stored = Prediction.objects.get()
    assert (stored.description, len(stored.canonical_text)) == (text, 512)


@pytest.mark.parametrize(
    "moment", ["0001-01-02T00:00:00Z", "9999-12-30T23:59:59Z", "2026-03-01T09:30+14:00"]
)
def test_every_time_zone_can_show_what_is_stored(classify: Classify, moment: str) -> None:
    classify({"description": "NETFLIX.COM", "occurred_at": moment})
    stored = Prediction.objects.get().occurred_at
    assert stored == datetime.fromisoformat(moment)
    assert {stored.astimezone(timezone(timedelta(hours=hours))) for hours in (-23, 23)} == {stored}


@pytest.mark.parametrize("amount", [-15.49, -15, "-15.49", -0.0001, -12345678901234.5678])
def test_an_amount_is_a_number_or_a_string_that_holds_one(
    classify: Classify, amount: object
) -> None:
    classify({"description": "NETFLIX.COM", "amount": amount})
    assert float(str(Prediction.objects.get().amount)) == pytest.approx(float(str(amount)))


def test_money_in_never_gets_an_expense_category(classify: Classify) -> None:
    out, paid_in, stated = classify(
        {"description": "NETFLIX.COM", "amount": -15},
        {"description": "NETFLIX.COM", "amount": 15},
        {"description": "NETFLIX.COM", "amount": -15, "direction": "income"},
    )
    assert out["category"]["slug"] not in [entry["slug"] for entry in paid_in["alternatives"]]
    assert paid_in["category"] != out["category"]
    assert {**paid_in, "prediction_id": ""} == {**stated, "prediction_id": ""}


def test_null_is_the_same_as_absent(classify: Classify) -> None:
    names = ["amount", "currency", "direction", "user_id", "transaction_id", "occurred_at", "mcc"]
    (bare,) = classify("NETFLIX.COM")
    (nulls,) = classify({"description": "NETFLIX.COM", **dict.fromkeys(names)})
    assert {**bare, "prediction_id": ""} == {**nulls, "prediction_id": ""}


def test_an_answer_does_not_depend_on_its_neighbors(classify: Classify) -> None:
    texts = ["NETFLIX.COM", "SHELL OIL 5742 HOUSTON TX", "TST* LA TAQUERIA SAN FRANCISCO CA"]
    together = classify(*texts, *[f"POS PURCHASE SHOP {word}" for word in ("ONE", "TWO", "SIX")])
    for text, result in zip(texts, together, strict=False):
        (alone,) = classify(text)
        assert {**alone, "prediction_id": ""} == {**result, "prediction_id": ""}


def test_the_answer_says_what_its_time_was_spent_on(api: APIClient) -> None:
    response = api.post("/api/v1/classify", {"transactions": [{"description": "NETFLIX.COM"}]})
    stages = [part.split(";dur=") for part in response["Server-Timing"].split(", ")]
    assert [name for name, _ in stages] == ["tokenize", "encode", "decide", "record"]
    assert all(float(milliseconds) >= 0 for _, milliseconds in stages)


def test_no_cache_keeps_an_answer(api: APIClient) -> None:
    response = api.post("/api/v1/classify", {"transactions": [{"description": "NETFLIX.COM"}]})
    assert response["Cache-Control"] == "no-store"


def test_a_request_costs_a_key_look_up_and_one_insert(api: APIClient, settings: Settings) -> None:
    settings.ENGINE_POLL_SECONDS = 3600
    body = {"transactions": [{"description": "NETFLIX.COM"}, {"description": "SHELL OIL"}]}
    api.post("/api/v1/classify", body)
    caches["process"].clear()
    with CaptureQueriesContext(connection) as queries:
        api.post("/api/v1/classify", body)
    statements = [query["sql"].split()[0] for query in queries]
    # Inside a test's own transaction the request's BEGIN and COMMIT are a savepoint.
    assert statements == ["SELECT", "SAVEPOINT", "INSERT", "RELEASE"]


def test_a_receiver_that_fails_leaves_nothing_stored(quiet_client: APIClient) -> None:
    def fail(**kwargs: Any) -> None:
        raise ValueError("no")

    predictions_recorded.connect(fail)
    try:
        response = quiet_client.post(
            "/api/v1/classify", {"transactions": [{"description": "NETFLIX.COM"}]}
        )
    finally:
        predictions_recorded.disconnect(fail)
    assert response.status_code == 500
    assert not Prediction.objects.exists()


CLASSIFY_ONCE = """
import sys

import django

django.setup()
from django.test import Client

from classifier.services.api_keys import create_api_key

_, key = create_api_key("probe", ["classify"])
response = Client().post(
    "/api/v1/classify",
    {"transactions": [{"description": "NETFLIX.COM"}]},
    content_type="application/json",
    headers={"authorization": f"Api-Key {key}", "host": "localhost"},
)
assert response.status_code == 200, response.content
heavy = {"torch", "sentence_transformers", "onnx", "scipy", "transformers"}
print(sorted(heavy & set(sys.modules)))
"""


def test_a_web_process_that_answers_has_no_torch_in_it(
    active_version: ModelVersion, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.json"
    call_command(
        "dumpdata",
        "classifier.category",
        "classifier.encoder",
        "classifier.modelversion",
        "classifier.activation",
        output=str(rows),
        verbosity=0,
    )
    data_dir = tmp_path / "var"
    data_dir.mkdir()
    (data_dir / "artifacts").symlink_to(settings.ARTIFACTS_DIR)
    environment = {
        "PATH": "",
        "TXCAT_DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "txcat.settings",
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("manage.py", "migrate", "--verbosity=0")
    run("manage.py", "loaddata", str(rows), "--verbosity=0")
    assert json.loads(run("-c", CLASSIFY_ONCE)) == []
