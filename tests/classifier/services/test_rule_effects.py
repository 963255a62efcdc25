"""What a rule would do is known before it is saved; one that does nothing is pointed out."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from classifier.models import Category, ModelVersion, Prediction, Rule
from classifier.services.rule_effects import idle_rules, preview_rule, with_last_use

pytestmark = pytest.mark.django_db


def category(slug: str) -> Category:
    return Category.objects.get(slug=slug)


def predict(version: ModelVersion, text: str, slug: str | None, **fields: object) -> Prediction:
    return Prediction.objects.create(
        version=version,
        description=text,
        canonical_text=text,
        category=category(slug) if slug else None,
        level="high",
        is_cached=False,
        latency_ms=1.0,
        **fields,
    )


def rule_for(pattern: str, slug: str = "groceries", **fields: object) -> Rule:
    return Rule(
        **{"kind": Rule.Kind.PREFIX, "pattern": pattern, "category": category(slug), **fields}
    )


def test_it_counts_what_matches_and_what_changes(active_version: ModelVersion) -> None:
    for _ in range(3):
        predict(active_version, "corner bakery", "coffee-shops")
    predict(active_version, "corner shop", "groceries")
    predict(active_version, "corner of nowhere", None)
    predict(active_version, "elsewhere", "coffee-shops")
    preview = preview_rule(rule_for("CORNER"))
    assert str(preview) == "Matches 5 of the last 6 predictions; 4 change."
    assert [
        (each.text, each.before and each.before.slug, each.count) for each in preview.samples
    ] == [
        ("corner bakery", "coffee-shops", 3),
        ("corner of nowhere", None, 1),
    ]
    assert not Rule.objects.exists()


def test_what_another_decides_before_it_does_not_change(active_version: ModelVersion) -> None:
    rule_for("corner bakery", position=1).save()
    predict(active_version, "corner bakery", "coffee-shops")
    predict(active_version, "corner shop", "coffee-shops", annotator="personal")
    predict(active_version, "corner cafe", "coffee-shops")
    preview = preview_rule(rule_for("corner", position=2))
    assert (preview.matches, preview.decided_before, preview.changes) == (3, 2, 1)
    earlier = preview_rule(rule_for("corner", position=0))
    assert (earlier.matches, earlier.decided_before, earlier.changes) == (3, 1, 2)


def test_a_stored_rule_is_previewed_as_it_would_be(active_version: ModelVersion) -> None:
    rule = rule_for("corner")
    rule.is_active = False
    rule.save()
    predict(active_version, "corner bakery", "coffee-shops")
    predict(active_version, "other bakery", "coffee-shops")
    rule.pattern = "other"
    preview = preview_rule(rule)
    assert [each.text for each in preview.samples] == ["other bakery"]


def test_money_in_is_no_match_for_expenses(active_version: ModelVersion) -> None:
    Category.objects.filter(slug="groceries").update(direction="expense")
    predict(active_version, "corner bakery", "coffee-shops", amount=5)
    predict(active_version, "corner bakery", "coffee-shops", amount=5, direction="expense")
    assert preview_rule(rule_for("corner")).matches == 1


def test_a_code_matches_by_what_was_sent(active_version: ModelVersion) -> None:
    predict(active_version, "x", "coffee-shops", mcc="5411")
    assert preview_rule(rule_for("5411", kind=Rule.Kind.MCC)).changes == 1


def test_a_rule_that_decided_nothing_for_90_days_is_idle(active_version: ModelVersion) -> None:
    now = timezone.now()
    made = {}
    for name in ("new", "used", "never", "long ago", "off"):
        made[name] = rule_for(f"{name} pattern", is_active=name != "off")
        made[name].save()
        if name != "new":
            age = now - timedelta(days=91)
            Rule.objects.filter(pk=made[name].pk).update(created_at=age)
    predict(active_version, "used pattern", "groceries", rule=made["used"], annotator="rule")
    old = predict(active_version, "x", "groceries", rule=made["long ago"], annotator="rule")
    Prediction.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=91))
    assert set(idle_rules()) == {made["never"], made["long ago"]}
    rules: Any = with_last_use(Rule.objects.all())
    used = {rule.pk: rule.last_used_at for rule in rules}
    assert used[made["never"].pk] is None
    assert used[made["used"].pk] > now - timedelta(days=1)
