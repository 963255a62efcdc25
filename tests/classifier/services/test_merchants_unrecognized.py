"""The most frequent texts in which no merchant was recognized."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classifier.models import Category, ModelVersion, Prediction
from classifier.services import unrecognized
from classifier.services.unrecognized import unrecognized_texts

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def record(active_version: ModelVersion) -> Any:
    def record(text: str, count: int = 1, **fields: Any) -> None:
        fields.setdefault("created_at", NOON)
        moment = fields.pop("created_at")
        for _ in range(count):
            row = Prediction.objects.create(
                description=text, canonical_text=text, version=active_version, level="low",
                is_cached=False, latency_ms=1, merchant_text=text, **fields,
            )  # fmt: skip
            Prediction.objects.filter(pk=row.pk).update(created_at=moment)

    return record


def seen(*args: Any, **kwargs: Any) -> list[tuple[str, int]]:
    return [(row.merchant_text, row.count) for row in unrecognized_texts(*args, **kwargs).texts]


def test_the_most_frequent_come_first(record: Any) -> None:
    record("zorblax", 2)
    record("blip", 3)
    record("aardvark", 2)
    record("tesco", 4, merchant_id="tesco")
    record("")
    assert seen() == [("blip", 3), ("aardvark", 2), ("zorblax", 2)]
    assert seen(limit=1) == [("blip", 3)]


def test_a_period_begins_with_its_start_and_stops_short_of_its_end(record: Any) -> None:
    record("before", created_at=NOON - timedelta(seconds=1))
    record("start", created_at=NOON)
    record("end", created_at=NOON + timedelta(hours=1))
    assert seen(NOON, NOON + timedelta(hours=1)) == [("start", 1)]
    assert seen(end=NOON) == [("before", 1)]


def test_each_has_its_users_last_time_sum_and_usual_category(record: Any) -> None:
    groceries, other = (Category.objects.get(slug=slug) for slug in ("groceries", "pets"))
    record("blip", 2, user_id="u1", category=other, amount=Decimal("1.50"), currency="EUR")
    record("blip", 1, user_id="u2", category=groceries, amount=Decimal("-1"), currency="EUR")
    record("blip", 3, created_at=NOON + timedelta(days=1))
    (row,) = unrecognized_texts().texts
    assert (row.count, row.users, row.last_seen) == (6, 2, NOON + timedelta(days=1))
    assert (row.total, row.currency, row.category) == (Decimal(2), "EUR", other)


@pytest.mark.parametrize("currency", ["USD", ""])
def test_amounts_of_two_currencies_have_no_sum(currency: str, record: Any) -> None:
    record("blip", amount=Decimal(1), currency="EUR")
    record("blip", amount=Decimal(1), currency=currency)
    (row,) = unrecognized_texts().texts
    assert (row.total, row.currency) == (None, "")


def test_what_was_never_answered_or_paid_says_so(record: Any) -> None:
    record("blip")
    (row,) = unrecognized_texts().texts
    assert (row.users, row.total, row.currency, row.category) == (0, None, "", None)


def test_of_too_many_the_newest_are_counted(record: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unrecognized, "MAX_READ", 2)
    record("new", created_at=NOON)
    record("newer", created_at=NOON + timedelta(hours=1))
    assert unrecognized_texts().since is None
    record("old", 3, created_at=NOON - timedelta(hours=1))
    found = unrecognized_texts()
    assert [row.merchant_text for row in found.texts] == ["new", "newer"]
    assert found.since == NOON


def test_the_number_of_queries_does_not_depend_on_the_rows(record: Any) -> None:
    for number in range(5):
        record(f"blip {number}", category=Category.objects.get(slug="fuel-and-charging"))
    with CaptureQueriesContext(connection) as queries:
        unrecognized_texts()
    assert len(queries) <= 4
