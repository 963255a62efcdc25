"""Examples from a file: which are new, which known, and what is wrong in which row."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from classifier.exceptions import ConflictError, InputFileError
from classifier.models import Category, Example
from classifier.tables.planning import Outcome
from tests.classifier.tables.conftest import Try, errors_of

pytestmark = pytest.mark.django_db

HEADER = ("category", "text")


def test_rows_are_new_known_or_changed_by_canonical_text_within_their_category(
    look: Try, coffee: Category
) -> None:
    Example.objects.create(category=coffee, text="ZORBLAX COFFEE", note="old")
    outcome = look(
        "example",
        ("category", "text", "note"),
        ("coffee-shops", "Zorblax Tea House", ""),
        ("coffee-shops", "ZORBLAX COFFEE", "new"),
        ("groceries", "Quibblemart", ""),
    )
    assert (outcome.added, outcome.changed, outcome.unchanged) == (2, 1, 0)
    assert outcome.is_applicable
    assert not Example.objects.filter(text="Quibblemart").exists()


def test_what_is_imported_is_written_with_its_source_its_author_and_its_history(
    take: Try, coffee: Category, admin_user: User
) -> None:
    known = Example.objects.create(category=coffee, text="ZORBLAX COFFEE")
    take(
        "example",
        ("category", "text", "is_active"),
        ("coffee-shops", "  Zorblax Tea House ", ""),
        ("coffee-shops", "ZORBLAX COFFEE", "no"),
        by=admin_user,
        reason="Import of drinks.csv",
    )
    made = Example.objects.get(text="Zorblax Tea House")
    assert (made.source, made.created_by) == (Example.Source.IMPORT, admin_user)
    assert made.canonical_text == "zorblax tea house"
    assert made.is_active
    known.refresh_from_db()
    assert not known.is_active
    for example, kind in ((made, "+"), (known, "~")):
        act = example.history.latest()
        assert (act.history_type, act.history_user) == (kind, admin_user)
        assert act.history_change_reason == "Import of drinks.csv"


def test_what_would_change_is_told_field_by_field(look: Try, coffee: Category) -> None:
    Example.objects.create(category=coffee, text="ZORBLAX COFFEE", note="old")
    outcome = look(
        "example",
        ("category", "text", "note", "is_active"),
        ("coffee-shops", "QUIBBLEMART", "new too", ""),
        ("coffee-shops", "Zorblax Coffee", "new", "no"),
    )
    assert [(each.row, each.column, each.before, each.after) for each in outcome.changes] == [
        (3, "text", "ZORBLAX COFFEE", "Zorblax Coffee"),
        (3, "note", "old", "new"),
        (3, "is_active", "true", "false"),
    ]
    assert not outcome.has_more_changes
    assert Outcome.from_json(json.loads(json.dumps(outcome.as_json()))) == outcome


def test_of_many_changes_the_first_are_told(look: Try, coffee: Category) -> None:
    texts = [f"ZORBLAX {letter}Q HOUSE" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    for text in texts:
        Example.objects.create(category=coffee, text=text)
    outcome = look("example", (*HEADER, "note"), *[("coffee-shops", text, "x") for text in texts])
    assert (outcome.changed, len(outcome.changes)) == (26, 20)
    assert outcome.has_more_changes


def test_the_same_file_twice_changes_nothing_the_second_time(take: Try) -> None:
    rows = (HEADER, ("coffee-shops", "ZORBLAX COFFEE"), ("groceries", "QUIBBLEMART"))
    assert take("example", *rows).added == 2
    before = Example.history.count()
    again = take("example", *rows)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert Example.history.count() == before


def test_a_category_that_is_not_known_is_named_with_its_row(look: Try) -> None:
    outcome = look(
        "example",
        HEADER,
        ("coffee-shops", "ZORBLAX COFFEE"),
        ("coffe-shops", "ZORBLAX TEA"),
        ("", "ZORBLAX ALE"),
        ("food-and-drink", "ZORBLAX GIN"),
    )
    parent = Category.objects.get(slug="coffee-shops").parent
    assert parent is not None
    assert errors_of(outcome)[:2] == [
        (3, "category", "No category has the slug “coffe-shops”."),
        (4, "category", "A category is needed, by its slug."),
    ]
    primary = look("example", HEADER, (parent.slug, "ZORBLAX GIN"))
    assert errors_of(primary) == [
        (2, "category", f"“{parent.slug}” is a primary category; a detailed one is needed.")
    ]
    assert not primary.is_applicable


def test_texts_without_letters_too_long_or_empty_are_refused(look: Try) -> None:
    outcome = look(
        "example",
        HEADER,
        ("coffee-shops", "1234 5678"),
        ("coffee-shops", "Z" * 600),
        ("coffee-shops", ""),
    )
    assert [(row, column) for row, column, _ in errors_of(outcome)] == [
        (2, "text"), (3, "text"), (4, "text"),
    ]  # fmt: skip
    assert "no letters" in outcome.errors[0].message
    assert "512" in outcome.errors[1].message


@pytest.mark.parametrize("text", ["1234 5678", "Z" * 600, "", "Zorblax"])
def test_a_row_is_refused_in_the_words_in_which_a_form_would_refuse_it(
    look: Try, coffee: Category, text: str
) -> None:
    Example.objects.create(category=coffee, text="ZORBLAX")
    groceries = Category.objects.get(slug="groceries")
    with pytest.raises(ValidationError) as refusal:
        Example(category=groceries, text=text).full_clean(exclude=["canonical_text"])
    told = " ".join(refusal.value.message_dict["text"])
    outcome = look("example", (*HEADER, "note"), ("groceries", text, "x"))
    assert errors_of(outcome) == [(2, "text", told)]


def test_a_text_that_another_category_has_needs_the_override(look: Try, coffee: Category) -> None:
    Example.objects.create(category=coffee, text="ZORBLAX")
    header = (*HEADER, "is_override")
    taken = look("example", header, ("groceries", "Zorblax", ""))
    ((row, column, message),) = errors_of(taken)
    assert (row, column) == (2, "text")
    assert f"{coffee} has it already" in message
    assert look("example", header, ("groceries", "Zorblax", "yes")).added == 1


def test_rows_that_say_the_same_are_told_which_row_said_it_first(look: Try) -> None:
    outcome = look(
        "example",
        HEADER,
        ("coffee-shops", "ZORBLAX COFFEE"),
        ("coffee-shops", "zorblax coffee"),
        ("groceries", "Zorblax Coffee"),
    )
    assert errors_of(outcome) == [
        (3, "text", "“zorblax coffee” of this category is in row 2 already."),
        (
            4,
            "text",
            "Row 2 has the same text for “coffee-shops”; set is_override to keep both.",
        ),
    ]


def test_fifty_examples_of_one_text_are_forty_nine_errors(look: Try) -> None:
    outcome = look("example", HEADER, *[("coffee-shops", "ZORBLAX COFFEE")] * 50)
    assert (outcome.added, outcome.error_count) == (1, 49)


def test_a_flag_is_true_or_false(look: Try) -> None:
    outcome = look("example", (*HEADER, "is_active"), ("coffee-shops", "ZORBLAX", "maybe"))
    assert errors_of(outcome) == [(2, "is_active", "“maybe” is neither true nor false.")]


def test_where_one_row_is_wrong_none_is_imported(take: Try) -> None:
    before = Example.objects.count()
    with pytest.raises(ConflictError, match="Row 3: No category has the slug “nowhere”"):
        take("example", HEADER, ("coffee-shops", "ZORBLAX"), ("nowhere", "QUIBBLEMART"))
    assert Example.objects.count() == before


def test_of_many_errors_the_first_hundred_are_told_and_all_counted(look: Try) -> None:
    outcome = look("example", HEADER, *[("nowhere", f"ZORBLAX {'AB' * n}") for n in range(150)])
    assert (outcome.error_count, len(outcome.errors)) == (150, 100)
    assert str(outcome) == "0 new, 0 changed, 0 unchanged, 150 errors"


def test_rows_are_not_asked_about_one_by_one(
    take: Try, look: Try, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    letters = "ABCDEFGHIJKLMNOPQRST"
    rows = [("coffee-shops", f"ZORBLAX {a}{b}Q HOUSE") for a in letters for b in letters]
    with django_assert_max_num_queries(3):
        assert look("example", HEADER, *rows).added == 400
    with django_assert_max_num_queries(20):
        take("example", HEADER, *rows)


def test_a_row_that_goes_while_it_is_changed_undoes_the_import(take: Try, coffee: Category) -> None:
    known = Example.objects.create(category=coffee, text="ZORBLAX COFFEE")
    rows = [("coffee-shops", "ZORBLAX COFFEE", "x"), ("coffee-shops", "QUIBBLEMART", "")]
    with pytest.raises(ConflictError, match="deleted meanwhile"):
        take("example", (*HEADER, "note"), *rows, before_writing=known.delete)
    assert not Example.objects.filter(text="QUIBBLEMART").exists()


def test_a_text_that_somebody_adds_meanwhile_undoes_the_import(take: Try, coffee: Category) -> None:
    def add() -> None:
        Example.objects.create(category=coffee, text="ZORBLAX COFFEE")

    rows = [("groceries", "QUIBBLEMART"), ("coffee-shops", "ZORBLAX COFFEE")]
    with pytest.raises(ConflictError, match="just now"):
        take("example", HEADER, *rows, before_writing=add)
    assert not Example.objects.filter(text="QUIBBLEMART").exists()


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (("text",), "It has no column “category”"),
        (("category", "text", "colour"), "a column that is not known: “colour”"),
        (("Category", "TEXT", "Text"), "the column “text” more than once"),
        (("category", "", "text"), "Column 2 of the header has no name"),
    ],
)
def test_columns_must_be_those_of_the_table(
    look: Try, header: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(InputFileError, match=problem):
        look("example", header, ["x"] * len(header))


def test_the_seed_can_be_made_again_after_an_import(take: Try) -> None:
    take("example", HEADER, ("coffee-shops", "ZORBLAX COFFEE"))
    call_command("seed_categories")
    assert Example.objects.filter(text="ZORBLAX COFFEE").count() == 1
