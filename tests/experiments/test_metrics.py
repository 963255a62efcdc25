"""A metric that no answer could ever count in is refused, whoever makes it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from classifier.models import Category
from experiments.models import Metric

CATEGORY, LEVEL = Metric.Field.CATEGORY, Metric.Field.LEVEL


def problems_of(**fields: Any) -> dict[str, list[str]]:
    given = {"key": "own", "name": "Own", "source": "field", "better": "higher", **fields}
    try:
        Metric(**given).full_clean()
    except ValidationError as error:
        return error.message_dict
    return {}


@pytest.fixture
def groceries(db: None) -> Category:
    return Category.objects.get(slug="groceries")


def test_a_value_that_answers_have_is_taken(groceries: Category) -> None:
    assert problems_of(field=CATEGORY, equals=groceries.slug) == {}
    for field, value in (("level", "abstain"), ("annotator", "rule"), ("reason", "no_text")):
        assert problems_of(field=field, equals=value) == {}


def test_a_field_with_choices_needs_a_value(db: None) -> None:
    assert problems_of(field=LEVEL) == {"equals": ["Say which value counts as 1."]}


def test_the_values_that_there_are_are_named(db: None) -> None:
    said = "“highest” is none of its values: high, medium, low, abstain."
    assert problems_of(field=LEVEL, equals="highest") == {"equals": [said]}


def test_a_primary_category_is_no_answer(groceries: Category) -> None:
    slug = groceries.primary.slug
    said = f"No category that an answer can be has the slug “{slug}”."
    assert problems_of(field=CATEGORY, equals=slug) == {"equals": [said]}


@pytest.mark.parametrize("fields", [{"field": "confidence"}, {"source": "feedback"}])
def test_what_has_no_choices_has_no_such_value(db: None, fields: dict[str, str]) -> None:
    assert list(problems_of(**fields, equals="high")) == ["equals"]


def test_only_the_field_is_missing_where_it_is(db: None) -> None:
    assert list(problems_of(equals="high")) == ["field"]
