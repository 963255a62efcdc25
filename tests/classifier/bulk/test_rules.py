"""Rules answer the rows of files; what is not known of a row there does not."""

import pytest
from pytest_django import Settings

from classifier.models import Category, Rule
from tests.classifier.bulk.conftest import Answer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules(settings: Settings) -> None:
    settings.ENGINE_POLL_SECONDS = 0
    for kind, pattern, slug in (
        (Rule.Kind.EXACT, "NETFLIX.COM", "groceries"),
        (Rule.Kind.PREFIX, "QWOP", "coffee-shops"),
        (Rule.Kind.MCC, "5411", "groceries"),
    ):
        category = Category.objects.get(slug=slug)
        Rule.objects.create(kind=kind, pattern=pattern, category=category)


def test_by_exact_text_and_by_beginning(answer: Answer) -> None:
    first, second, third = answer(
        '{"description": "NETFLIX.COM"}\n'
        '{"description": "QWOP HARBOUR"}\n'
        '{"description": "SHELL"}\n'
    )
    assert (first["annotator"], first["category"]["slug"]) == ("rule", "groceries")
    assert first["confidence"] is None
    assert first["alternatives"][0]["slug"] != "groceries"
    assert (second["annotator"], second["category"]["slug"]) == ("rule", "coffee-shops")
    assert third["annotator"] == "model"


def test_a_csv_of_results_says_who_decided(answer: Answer) -> None:
    rows = answer("text\nNETFLIX.COM\nSHELL OIL\n", "rows.csv", column="text")
    assert [row["annotator"] for row in rows] == ["rule", "model"]
    assert (rows[0]["category"], rows[0]["level"], rows[0]["confidence"]) == (
        "groceries", "high", "",
    )  # fmt: skip


def test_codes_and_users_are_not_looked_at(answer: Answer) -> None:
    (row,) = answer('{"description": "SHELL OIL", "mcc": "5411", "user_id": "u-1"}\n')
    assert row["annotator"] == "model"
