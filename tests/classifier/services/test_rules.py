"""A process follows the rules: a change of one, or of its category, whichever process made it."""

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from classifier.models import Category, Rule
from classifier.services import rules
from classifier.services.rules import rules_in_force, switch_rules

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _look_each_time(settings: Settings) -> None:
    settings.ENGINE_POLL_SECONDS = 0


@pytest.fixture
def rule(db: None) -> Rule:
    category = Category.objects.get(slug="groceries")
    return Rule.objects.create(kind=Rule.Kind.EXACT, pattern="CORNER BAKERY", category=category)


def answer(text: str = "corner bakery") -> str | None:
    found = rules_in_force().find(text, "", None)
    return found.category.slug if found else None


def test_the_pattern_is_made_canonical_when_it_is_saved(rule: Rule) -> None:
    assert rule.pattern == "corner bakery"
    assert answer() == "groceries"


def test_a_change_of_any_kind_is_followed(rule: Rule) -> None:
    assert answer() == "groceries"
    rule.category = Category.objects.get(slug="coffee-shops")
    rule.save()
    assert answer() == "coffee-shops"
    switch_rules(Rule.objects.all(), False)
    assert answer() is None
    switch_rules(Rule.objects.all(), True)
    assert answer() == "coffee-shops"
    rule.delete()
    assert answer() is None


def test_a_category_that_is_switched_off_takes_its_rules_with_it(rule: Rule) -> None:
    assert answer() == "groceries"
    parent = rule.category.primary
    parent.is_active = False
    parent.save()
    assert answer() is None


def test_a_change_that_ends_after_a_later_one_is_not_missed(rule: Rule) -> None:
    """On PostgreSQL a transaction may take a key of history, and one with a later key end first."""
    assert answer() == "groceries"
    newest = Rule.history.latest("history_id")
    newest.history_id += 50
    newest.save(force_insert=True)
    assert answer() == "groceries"
    Rule.objects.filter(pk=rule.pk).update(is_active=False)
    newest.history_id -= 25
    newest.save(force_insert=True)
    assert answer() is None


def test_what_was_changed_past_the_program_is_found_in_time(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answer() == "groceries"
    Rule.objects.update(is_active=False)
    assert answer() == "groceries"
    monkeypatch.setattr(rules, "RELOAD_SECONDS", 0.0)
    assert answer() is None


@pytest.mark.parametrize(
    ("kind", "pattern", "code"),
    [
        (Rule.Kind.EXACT, "0423 1187", "no_text"),
        (Rule.Kind.PREFIX, "  ", "no_text"),
        (Rule.Kind.PREFIX, "***", "no_text"),
        (Rule.Kind.MCC, "5411x", "unknown_mcc"),
        (Rule.Kind.MCC, "0001", "unknown_mcc"),
        (Rule.Kind.MCC, "SHOP", "unknown_mcc"),
    ],
)
def test_what_matches_nothing_or_anything_is_refused(kind: str, pattern: str, code: str) -> None:
    category = Category.objects.get(slug="groceries")
    with pytest.raises(ValidationError) as refused:
        Rule(kind=kind, pattern=pattern, category=category).full_clean()
    assert refused.value.error_dict["pattern"][0].code == code


def test_a_code_is_shown_with_its_name() -> None:
    rule = Rule(kind=Rule.Kind.MCC, pattern="5411", category=Category.objects.get(slug="groceries"))
    rule.full_clean()
    assert rule.says == "5411 (Groceries and supermarkets)"
