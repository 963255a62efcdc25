"""Categories from a file: a tree by slugs, in any order."""

import pytest
from django.contrib.auth.models import User

from classifier.models import Category
from tests.classifier.tables.conftest import Try, errors_of

pytestmark = pytest.mark.django_db

HEADER = ("slug", "name", "parent")


@pytest.fixture
def food(db: None) -> Category:
    parent = Category.objects.get(slug="coffee-shops").parent
    assert parent is not None
    return parent


def test_a_parent_may_stand_below_its_categories(take: Try, admin_user: User) -> None:
    outcome = take(
        "category",
        (*HEADER, "direction", "sort_order"),
        ("spells", "Spells", "magic", "Expense", "7"),
        ("magic", "Magic", "", "", ""),
        by=admin_user,
    )
    assert outcome.added == 2
    spells = Category.objects.get(slug="spells")
    assert str(spells) == "Magic › Spells"
    assert (spells.direction, spells.sort_order) == ("expense", 7)
    assert spells.history.get().history_user == admin_user


def test_a_known_slug_is_changed_and_columns_that_are_not_there_stay(
    take: Try, food: Category
) -> None:
    before = Category.objects.get(slug="coffee-shops")
    outcome = take("category", ("slug", "name"), ("coffee-shops", "Coffee and tea"))
    assert (outcome.changed, outcome.unchanged) == (1, 0)
    after = Category.objects.get(slug="coffee-shops")
    assert (after.name, after.parent) == ("Coffee and tea", food)
    assert after.description == before.description
    assert after.updated_at > before.updated_at
    assert after.history.latest().history_type == "~"


def test_what_is_wrong_with_a_category_is_told(look: Try, food: Category) -> None:
    outcome = look(
        "category",
        (*HEADER, "direction", "sort_order"),
        ("spells", "Spells", "nowhere", "", ""),
        ("two words", "Words", "", "", ""),
        ("charms", "Charms", "groceries", "", ""),
        ("coffee-shops", "Coffee", "", "", ""),
        ("curses", "Curses", food.slug, "sideways", "many"),
        ("curses", "Curses", food.slug, "", ""),
        ("again", food.name, "", "", ""),
        ("", "Nameless", "", "", ""),
    )
    told = {(row, column): message for row, column, message in errors_of(outcome)}
    assert told[2, "parent"] == "No category has the slug “nowhere”."
    assert "slug" in told[3, "slug"]
    assert "is a detailed category itself" in told[4, "parent"]
    assert "has examples" in told[5, "parent"]
    assert "sideways" in told[6, "direction"] or "Sideways" in told[6, "direction"]
    assert told[6, "sort_order"] == "“many” is no whole number."
    assert told[7, "slug"] == "“curses” is in row 6 already."
    assert told[8, "name"] == "The name is taken among the primary categories by another category."
    assert (9, "slug") in told


def test_two_rows_cannot_have_one_name_under_one_parent(look: Try, food: Category) -> None:
    outcome = look(
        "category", HEADER, ("spells", "Spells", food.slug), ("charms", "Spells", food.slug)
    )
    ((row, column, message),) = errors_of(outcome)
    assert (row, column) == (3, "name")
    assert message == f"The name is taken under “{food.slug}” by row 2."


def test_a_name_that_another_row_gives_up_is_free(take: Try, food: Category) -> None:
    old = Category.objects.get(slug="coffee-shops").name
    outcome = take(
        "category",
        HEADER,
        ("coffee-shops", "Coffee and tea", food.slug),
        ("roasteries", old, food.slug),
    )
    assert (outcome.added, outcome.changed) == (1, 1)


def test_a_category_is_not_its_own_parent(look: Try) -> None:
    known = look("category", HEADER, ("coffee-shops", "Coffee", "coffee-shops"))
    new = look("category", HEADER, ("spells", "Spells", "spells"))
    assert errors_of(known) == [(2, "parent", "It cannot be under itself.")]
    assert errors_of(new) == [(2, "parent", "No category has the slug “spells”.")]


def test_a_primary_category_with_others_under_it_stays_primary(look: Try, food: Category) -> None:
    other = Category.objects.primary().exclude(pk=food.pk)[0]
    outcome = look("category", HEADER, (food.slug, food.name, other.slug))
    ((_, column, message),) = errors_of(outcome)
    assert (column, message) == ("parent", "It has categories under it and must stay primary.")


def test_a_category_moves_under_a_primary_one_of_the_same_file(take: Try) -> None:
    take("category", HEADER, ("coffee-shops", "Coffee", "drinks"), ("drinks", "Drinks", ""))
    assert str(Category.objects.get(slug="coffee-shops")) == "Drinks › Coffee"
