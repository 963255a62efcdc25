"""Rules from a file, by what they look for."""

import pytest
from django.contrib.auth.models import User

from classifier.models import Category, Rule
from classifier.tables.rules import RuleResource
from tests.classifier.tables.conftest import Try, errors_of

pytestmark = pytest.mark.django_db

HEADER = ("kind", "pattern", "category")


def test_a_pattern_is_made_canonical_and_known_again(
    take: Try, coffee: Category, admin_user: User
) -> None:
    rows = (HEADER, ("exact", "Zorblax  Coffee", "coffee-shops"), ("mcc", "5814", "coffee-shops"))
    assert take("rule", *rows, by=admin_user).added == 2
    rule = Rule.objects.get(kind=Rule.Kind.EXACT)
    assert rule.pattern == "zorblax coffee"
    assert (rule.category, rule.created_by, rule.position) == (coffee, admin_user, 100)
    assert rule.history.get().history_user == admin_user
    assert take("rule", *rows).unchanged == 2


def test_a_known_rule_gets_another_category_and_place(take: Try, coffee: Category) -> None:
    Rule.objects.create(kind=Rule.Kind.PREFIX, pattern="zorblax", category=coffee)
    outcome = take("rule", (*HEADER, "position"), ("prefix", "ZORBLAX", "groceries", "5"))
    assert outcome.changed == 1
    rule = Rule.objects.get()
    assert (rule.category.slug, rule.position) == ("groceries", 5)


def test_what_is_wrong_with_a_rule_is_told(look: Try) -> None:
    outcome = look(
        "rule",
        (*HEADER, "position"),
        ("exact", "ZORBLAX", "nowhere", ""),
        ("sounds like", "ZORBLAX", "groceries", ""),
        ("mcc", "58", "groceries", ""),
        ("prefix", "1234", "groceries", ""),
        ("exact", "QUIBBLEMART", "groceries", "-1"),
        ("exact", "quibblemart", "groceries", ""),
    )
    told = {(row, column): message for row, column, message in errors_of(outcome)}
    assert told[2, "category"] == "No category has the slug “nowhere”."
    assert "not a valid choice" in told[3, "kind"]
    assert (4, "pattern") in told
    assert (5, "pattern") in told
    assert (6, "position") in told
    assert told[7, "pattern"] == "“quibblemart” of this kind is in row 6 already."


def test_what_is_exported_can_be_imported_and_changes_nothing(
    take: Try, look: Try, coffee: Category
) -> None:
    take("rule", (*HEADER, "note"), ("prefix", "ZORBLAX", "coffee-shops", "=1+1"))
    table = RuleResource().export(Rule.objects.select_related("category"))
    assert "'=1+1" in table[0]
    assert look("rule", table.headers, *table).unchanged == 1


def test_the_label_of_a_kind_will_do(look: Try) -> None:
    outcome = look("rule", HEADER, (Rule.Kind.PREFIX.label, "ZORBLAX", "groceries"))
    assert (outcome.added, outcome.error_count) == (1, 0)
