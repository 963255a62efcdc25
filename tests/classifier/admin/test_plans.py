"""A page of a log and its count are read from one index, in its order.

Which one PostgreSQL takes depends on what it knows of the rows; that it can do without reading
the whole table and without sorting it does not.
"""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from classifier.models import Prediction
from tests.classifier.admin.conftest import Rows, classify
from tests.database import plan_of


def plans_of(client: Client, name: str, query: dict[str, Any]) -> list[str]:
    """What the database would do for the page of a list and for its count."""
    table = f"classifier_{name}"
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if f'FROM "{table}"' in sql and ("COUNT(*)" in sql or f'"{table}"."id" DESC' in sql):
            statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        response = client.get(reverse(f"admin:{table}_changelist"), query)
    assert response.status_code == 200
    assert response.context["cl"].result_count > 0
    assert len(statements) == 2
    return [explained(*statement) for statement in statements]


def explained(sql: str, params: Any) -> str:
    """The plan; of PostgreSQL, which reads a small table whole, the one for a large table."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
    return plan_of(sql, params)


def assert_read_in_order(plan: str, index: str) -> None:
    """Rows of equal time may still be put in order; no more than these."""
    if connection.vendor == "sqlite":
        assert re.search(rf"INDEX \w*{index}", plan), plan
    assert "Seq Scan" not in plan, plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan, plan
    assert not re.search(r"^\W*Sort  \(", plan, re.MULTILINE), plan


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"version": "version"}, "prediction_by_version"),
        (
            {"version": "version", "created_at__year": "year"},
            "prediction_(by_version|created_at)",
        ),
        ({"category": "category"}, "prediction_by_category"),
        ({"level__exact": "abstain"}, "prediction_by_level"),
        ({"reason__exact": "no_text"}, "prediction_by_reason"),
        ({"merchant__key__exact": "zorblax"}, "prediction_by_merchant"),
        ({"unrecognized": "blip"}, "prediction_unrecognized"),
        ({"created_at__year": "year"}, "prediction_created_at"),
    ],
)
def test_each_filter_of_predictions_has_an_index_in_the_order_of_time(
    query: dict[str, str], index: str, staff: Client, rows: Rows
) -> None:
    classify("123 456")
    known, unknown = classify("NETFLIX.COM", "BLIP")
    Prediction.objects.filter(pk=known.pk).update(merchant="zorblax")
    Prediction.objects.filter(pk=unknown.pk).update(merchant=None, merchant_text="blip")
    values = {
        "version": rows.version.pk,
        "category": rows.prediction.category_id,
        "year": rows.prediction.created_at.year,
    }
    chosen = {name: values.get(word, word) for name, word in query.items()}
    for plan in plans_of(staff, "prediction", chosen):
        assert_read_in_order(plan, index)


def test_a_range_of_dates_of_feedback_has_an_index_in_the_order_of_time(
    staff: Client, rows: Rows
) -> None:
    days = {"created_at_from_0": "2000-01-01", "created_at_to_0": "3000-01-01"}
    for plan in plans_of(staff, "feedback", days):
        assert_read_in_order(plan, "feedback_created_at")
