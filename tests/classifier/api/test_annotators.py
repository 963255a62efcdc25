"""A person's own correction answers before a rule, and a rule before the version."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier.models import Category, Prediction, Rule
from tests.database import plan_of

pytestmark = pytest.mark.django_db
Classify = Callable[..., list[dict[str, Any]]]
NETFLIX = "NETFLIX.COM"


@pytest.fixture
def add_rule(settings: Settings) -> Callable[..., Rule]:
    """A function that adds a rule, which the next request follows."""
    settings.ENGINE_POLL_SECONDS = 0

    def add(pattern: str, category: str = "groceries", **fields: Any) -> Rule:
        chosen = Category.objects.get(slug=category)
        return Rule.objects.create(
            **{"kind": Rule.Kind.EXACT, "pattern": pattern, "category": chosen, **fields}
        )

    return add


@pytest.fixture
def correct(api: APIClient, classify: Classify) -> Callable[..., dict[str, Any]]:
    """A function by which a user says what a text is; returns what was answered before."""

    def say(text: str, category: str, user_id: str = "u-1", **fields: Any) -> dict[str, Any]:
        (answer,) = classify({"description": text, "user_id": user_id, **fields})
        item = {
            "prediction_id": answer["prediction_id"],
            "category": category,
            "user_id": user_id,
        }
        assert api.post("/api/v1/feedback", {"feedback": [item]}).status_code == 201
        return answer

    return say


def by(answer: dict[str, Any]) -> tuple[str, str]:
    return answer["annotator"], answer["category"]["slug"]


def of(text: str, user_id: str = "u-1", **fields: Any) -> dict[str, Any]:
    return {"description": text, "user_id": user_id, **fields}


def test_a_correction_answers_that_user_at_once_and_nobody_else(
    classify: Classify, correct: Callable[..., dict[str, Any]]
) -> None:
    before = correct(NETFLIX, "groceries")
    assert before["annotator"] == "model"
    mine, other, nobody = classify(of(NETFLIX), of(NETFLIX, "u-2"), NETFLIX)
    assert by(mine) == ("personal", "groceries")
    assert other["category"] == nobody["category"] == before["category"]
    assert other["annotator"] == nobody["annotator"] == "model"


def test_what_a_person_decided_has_no_figures_and_names_the_versions_guess(
    api: APIClient, classify: Classify, correct: Callable[..., dict[str, Any]]
) -> None:
    before = correct(NETFLIX, "groceries")
    (after,) = classify(of(NETFLIX))
    assert (after["level"], after["reason"], after["review"]) == ("high", None, False)
    assert after["confidence"] is after["score"] is after["margin"] is None
    guess = after["alternatives"][0]
    assert (guess["slug"], guess["score"]) == (before["category"]["slug"], before["score"])
    assert after["alternatives"][1:] == before["alternatives"][:3]
    assert after["model_version"] == before["model_version"]
    row = Prediction.objects.get(pk=after["prediction_id"])
    assert row.category is not None
    assert (row.annotator, row.category.slug, row.rule, row.confidence) == (
        "personal", "groceries", None, None,
    )  # fmt: skip
    stored = api.get(f"/api/v1/predictions/{after['prediction_id']}").json()
    assert by(stored) == ("personal", "groceries")
    assert stored["why"]["runner_up"]["slug"] == before["alternatives"][0]["slug"]


def test_a_correction_answers_all_that_is_paid_to_the_merchant(
    classify: Classify, correct: Callable[..., dict[str, Any]]
) -> None:
    answer = correct("NETFLIX.COM 866-579-7172 CA", "groceries")
    assert answer["merchant"]["name"] == "Netflix"
    (other_text,) = classify(of("PAYPAL *NETFLIX"))
    assert other_text["merchant"]["name"] == "Netflix"
    assert by(other_text) == ("personal", "groceries")


def test_the_text_goes_before_the_merchant(
    classify: Classify, correct: Callable[..., dict[str, Any]]
) -> None:
    correct("NETFLIX.COM", "groceries")
    correct("PAYPAL *NETFLIX", "coffee-shops")
    first, second, third = classify(
        of("NETFLIX.COM"), of("PAYPAL *NETFLIX"), of("DIRECT DEBIT NETFLIX")
    )
    assert by(first) == ("personal", "groceries")
    assert by(second) == ("personal", "coffee-shops")
    assert by(third) == ("personal", "coffee-shops")


def test_a_correction_goes_before_a_rule_and_a_rule_before_the_version(
    classify: Classify,
    correct: Callable[..., dict[str, Any]],
    add_rule: Callable[..., Rule],
) -> None:
    correct(NETFLIX, "groceries")
    rule = add_rule(NETFLIX, "coffee-shops")
    mine, other = classify(of(NETFLIX), NETFLIX)
    assert by(mine) == ("personal", "groceries")
    assert by(other) == ("rule", "coffee-shops")
    assert Prediction.objects.get(pk=other["prediction_id"]).rule == rule


def test_rules_by_beginning_and_by_code(classify: Classify, add_rule: Callable[..., Rule]) -> None:
    add_rule("ZORBLAX", kind=Rule.Kind.PREFIX)
    add_rule("5812", "coffee-shops", kind=Rule.Kind.MCC)
    first, second, third = classify(
        "ZORBLAX HARBOUR STREET", of("QWOP QWOP", mcc="5812"), "0423 1187"
    )
    assert by(first) == ("rule", "groceries")
    assert by(second) == ("rule", "coffee-shops")
    assert third["annotator"] == "model"
    (without_text,) = classify(of("0423 1187", mcc="5812"))
    assert by(without_text) == ("rule", "coffee-shops")
    assert without_text["alternatives"] == []


def test_money_in_gets_no_category_of_expenses_from_anybody(
    classify: Classify,
    correct: Callable[..., dict[str, Any]],
    add_rule: Callable[..., Rule],
) -> None:
    correct(NETFLIX, "groceries", amount=-10)
    add_rule(NETFLIX, "coffee-shops")
    Category.objects.filter(slug__in=["groceries", "coffee-shops"]).update(direction="expense")
    out, paid_in = classify(of(NETFLIX, amount=-10), of(NETFLIX, amount=10))
    assert by(out) == ("personal", "groceries")
    assert paid_in["annotator"] == "model"


def test_a_category_that_is_switched_off_is_no_answer(
    classify: Classify,
    correct: Callable[..., dict[str, Any]],
    add_rule: Callable[..., Rule],
) -> None:
    correct(NETFLIX, "groceries")
    add_rule("QWOP QWOP", "groceries")
    category = Category.objects.get(slug="groceries")
    category.is_active = False
    category.save()
    own, ruled = classify(of(NETFLIX), "QWOP QWOP")
    assert own["annotator"] == ruled["annotator"] == "model"


def test_a_rule_is_followed_when_it_changes(
    classify: Classify, add_rule: Callable[..., Rule]
) -> None:
    rule = add_rule(NETFLIX)
    assert classify(NETFLIX)[0]["annotator"] == "rule"
    rule.is_active = False
    rule.save()
    assert classify(NETFLIX)[0]["annotator"] == "model"


def test_users_cost_one_query_by_index_and_rules_none(
    api: APIClient, settings: Settings, correct: Callable[..., dict[str, Any]]
) -> None:
    correct(NETFLIX, "groceries")
    settings.ENGINE_POLL_SECONDS = 3600
    items = [of(f"SHOP {number}", f"u-{number}") for number in range(5)]
    api.post("/api/v1/classify", {"transactions": [of(NETFLIX)]})
    with CaptureQueriesContext(connection) as queries:
        api.post("/api/v1/classify", {"transactions": items})
    statements = [query["sql"] for query in queries]
    assert [sql.split()[0] for sql in statements] == ["SELECT", "SAVEPOINT", "INSERT", "RELEASE"]
    plan = plan_of(statements[0])
    if connection.vendor == "sqlite":
        assert "SEARCH classifier_personalcategory USING INDEX" in plan
        assert "SCAN" not in plan


def test_another_opinion_replaces_what_was_kept(
    api: APIClient, classify: Classify, correct: Callable[..., dict[str, Any]]
) -> None:
    first = correct(NETFLIX, "groceries")
    correct(NETFLIX, "coffee-shops")
    assert by(classify(of(NETFLIX))[0]) == ("personal", "coffee-shops")
    # That the version was right after all is another opinion, too.
    item = {"prediction_id": first["prediction_id"], "correct": True, "user_id": "u-1"}
    assert api.post("/api/v1/feedback", {"feedback": [item]}).status_code == 201
    assert by(classify(of(NETFLIX))[0]) == ("personal", first["category"]["slug"])


def test_wrong_without_a_better_one_takes_away_what_was_kept(
    api: APIClient, classify: Classify, correct: Callable[..., dict[str, Any]]
) -> None:
    correct(NETFLIX, "groceries")
    (own,) = classify(of(NETFLIX))
    item = {"prediction_id": own["prediction_id"], "correct": False, "user_id": "u-1"}
    assert api.post("/api/v1/feedback", {"feedback": [item]}).status_code == 201
    assert classify(of(NETFLIX))[0]["annotator"] == "model"


def test_of_another_users_payment_nothing_is_kept(api: APIClient, classify: Classify) -> None:
    (answer,) = classify(of(NETFLIX, "u-1"))
    item = {
        "prediction_id": answer["prediction_id"],
        "category": "groceries",
        "user_id": "u-2",
    }
    assert api.post("/api/v1/feedback", {"feedback": [item]}).status_code == 201
    assert {each["annotator"] for each in classify(of(NETFLIX, "u-1"), of(NETFLIX, "u-2"))} == {
        "model"
    }


def test_a_user_has_so_many_and_the_longest_untouched_go(
    settings: Settings, classify: Classify, correct: Callable[..., dict[str, Any]]
) -> None:
    settings.PERSONAL_PER_USER = 3
    texts = [f"{word} HARBOUR SHOP" for word in ("QWOP", "ZIBBLE", "FRANT", "MOKKLE")]
    for text in texts[:3]:
        correct(text, "groceries")
    correct(texts[0], "coffee-shops")
    correct(texts[3], "groceries")
    answers = classify(*[of(text) for text in texts])
    assert [answer["annotator"] for answer in answers] == [
        "personal", "model", "personal", "personal",
    ]  # fmt: skip
