"""Examples: add, search, move, switch."""

from collections.abc import Iterable
from string import ascii_lowercase
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.models import Category, Example
from classifier.services.examples import move_examples
from tests.classifier.admin.conftest import Make

LIST = "admin:classifier_example_changelist"
ADD = "admin:classifier_example_add"


@pytest.fixture
def coffee(db: None) -> Category:
    return Category.objects.get(slug="coffee-shops")


@pytest.fixture
def groceries(db: None) -> Category:
    return Category.objects.get(slug="groceries")


def act(client: Client, action: str, examples: Iterable[Example], **more: Any) -> Any:
    chosen = [example.pk for example in examples]
    return client.post(
        reverse(LIST), {"action": action, "_selected_action": chosen, **more}, follow=True
    )


def test_an_added_example_knows_who_added_it(staff: Client, coffee: Category) -> None:
    form = {"category": coffee.pk, "text": " TST* ZORBLAX 0423 ", "is_active": "on"}
    assert staff.post(reverse(ADD), form).status_code == 302
    example = Example.objects.get(canonical_text="zorblax")
    assert example.created_by is not None
    assert (example.created_by.username, example.source) == ("ada", Example.Source.ANALYST)
    assert example.history.get().history_user.username == "ada"


def test_a_taken_text_names_the_category_that_has_it_and_links_there(
    staff: Client, coffee: Category, groceries: Category
) -> None:
    taken = Example.objects.filter(category=groceries)[0]
    form = {"category": coffee.pk, "text": taken.text, "is_active": "on"}
    page = staff.post(reverse(ADD), form).content.decode()
    assert f"{groceries} has it already, as “" in page
    assert f'href="{change_url(taken)}"' in page
    assert 'name="is_override"' in page
    assert not coffee.examples.filter(text=taken.text).exists()


def test_a_taken_text_is_kept_beside_the_other_where_an_analyst_says_so(
    staff: Client, coffee: Category, groceries: Category
) -> None:
    taken = Example.objects.filter(category=groceries)[0]
    form = {"category": coffee.pk, "text": taken.text, "is_active": "on", "is_override": "on"}
    assert staff.post(reverse(ADD), form).status_code == 302
    assert coffee.examples.filter(text=taken.text, is_override=True).exists()


def test_the_same_text_in_the_same_category_is_refused(staff: Client, groceries: Category) -> None:
    taken = Example.objects.filter(category=groceries)[0]
    form = {"category": groceries.pk, "text": taken.text, "is_override": "on"}
    page = staff.post(reverse(ADD), form).content.decode()
    assert "This category has it already" in page
    assert f'href="{change_url(taken)}"' in page


def test_search_finds_the_text_as_printed_and_as_compared(staff: Client, coffee: Category) -> None:
    Example.objects.create(category=coffee, text="SQ *ZORBLAX 0423")
    for term in ("SQ *ZORB", "zorblax"):
        found = staff.get(reverse(LIST), {"q": term}).context["cl"].result_list
        assert [example.text for example in found] == ["SQ *ZORBLAX 0423"]


def test_filters_narrow_to_a_category_and_to_a_primary_one(
    staff: Client, groceries: Category
) -> None:
    one = staff.get(reverse(LIST), {"category": groceries.pk}).context["cl"]
    assert one.result_count == groceries.examples.count()
    several = staff.get(reverse(LIST), {"primary": groceries.primary.pk}).context["cl"]
    assert several.result_count == Example.objects.filter(category__parent=groceries.parent).count()


def test_a_filter_that_is_no_number_is_dropped(staff: Client, db: None) -> None:
    assert staff.get(reverse(LIST), {"category": "x"}, follow=True).status_code == 200


def test_moving_asks_for_the_category_first(staff: Client, groceries: Category) -> None:
    examples = list(groceries.examples.all()[:2])
    page = act(staff, "move", examples).content.decode()
    assert examples[0].text in page
    assert '<select name="category"' in page
    assert groceries.examples.filter(pk=examples[0].pk).exists()


def test_moved_examples_are_in_the_new_category_and_in_the_history(
    staff: Client, coffee: Category, groceries: Category
) -> None:
    examples = list(groceries.examples.all()[:3])
    page = act(staff, "move", examples, category=coffee.pk, apply="1").content.decode()
    assert "3 examples moved to" in page
    for example in examples:
        example.refresh_from_db()
        assert example.category == coffee
        newest = example.history.latest()
        assert (newest.category_id, newest.history_user.username) == (coffee.pk, "ada")


def test_an_example_that_cannot_move_stays_and_the_reason_is_told(
    staff: Client, coffee: Category, groceries: Category
) -> None:
    stays = groceries.examples.all()[0]
    Example.objects.create(category=coffee, text=stays.text, is_override=True)
    moves = groceries.examples.exclude(pk=stays.pk)[0]
    page = act(staff, "move", [stays, moves], category=coffee.pk, apply="1").content.decode()
    assert "1 example moved to" in page
    assert "Not moved: 1." in page
    assert "This category has it already" in page
    assert list(Example.objects.filter(pk__in=[stays.pk, moves.pk], category=groceries)) == [stays]


def test_of_two_that_say_the_same_only_the_first_moves(
    staff: Client, coffee: Category, groceries: Category
) -> None:
    fuel = Category.objects.get(slug="fuel-and-charging")
    second = Example.objects.create(category=fuel, text="SQ *ZORBLAX 0423")
    first = Example.objects.create(category=groceries, text="ZORBLAX", is_override=True)
    page = act(staff, "move", [first, second], category=coffee.pk, apply="1").content.decode()
    assert "1 example moved to" in page
    assert "This category has it already, as “ZORBLAX”." in page
    assert list(Example.objects.filter(canonical_text="zorblax", category=coffee)) == [first]
    assert second.history.count() == 1


def test_a_text_of_a_third_category_does_not_move_without_an_override(
    staff: Client, coffee: Category, groceries: Category
) -> None:
    fuel = Category.objects.get(slug="fuel-and-charging")
    stays = Example.objects.create(category=fuel, text="ZORBLAX")
    Example.objects.create(category=groceries, text="SQ *ZORBLAX 0423", is_override=True)
    page = act(staff, "move", [stays], category=coffee.pk, apply="1").content.decode()
    assert f"{groceries} has it already, as “SQ *ZORBLAX 0423”" in page
    stays.refresh_from_db()
    assert stays.category == fuel


def test_moving_asks_the_database_as_much_for_many_as_for_few(
    staff: Client, coffee: Category, groceries: Category
) -> None:
    new = Example.objects.bulk_create(
        Example(category=groceries, text=f"ZORBLAX {word}", canonical_text=f"zorblax {word}")
        for word in (a + b for a in "xy" for b in ascii_lowercase)
    )
    assert _queries_of_moving(new[:2], coffee) == _queries_of_moving(new[2:], coffee)
    assert coffee.examples.filter(text__startswith="ZORBLAX").count() == len(new)


def _queries_of_moving(examples: list[Example], category: Category) -> int:
    chosen = Example.objects.filter(pk__in=[example.pk for example in examples])
    with CaptureQueriesContext(connection) as captured:
        assert move_examples(chosen, category) == (len(examples), [])
    return len(captured)


def test_switching_off_is_in_the_history_and_can_be_undone(
    staff: Client, groceries: Category
) -> None:
    examples = list(groceries.examples.all()[:2])
    assert "Switched off: 2." in act(staff, "switch_off", examples).content.decode()
    assert not groceries.examples.filter(
        pk__in=[row.pk for row in examples], is_active=True
    ).exists()
    newest = examples[0].history.latest()
    assert (newest.is_active, newest.history_user.username) == (False, "ada")
    assert "Switched on: 2." in act(staff, "switch_on", examples).content.decode()
    assert examples[0].history.latest().is_active is True


def test_switching_more_than_a_page_asks_first_and_says_how_much_it_is(
    staff: Client, groceries: Category
) -> None:
    Example.objects.filter(category=groceries).update(is_active=False)
    on = Example.objects.filter(is_active=True)
    categories = Category.objects.filter(examples__in=on).distinct().count()
    page = act(staff, "switch_off", groceries.examples.all()[:1], select_across="1")
    html = page.content.decode()
    assert f"{on.count():,} examples in {categories} categories would be switched off." in html
    assert f'<a href="{reverse(LIST)}"' in html
    assert Example.objects.filter(is_active=True).count() == on.count() > 100


def test_the_answer_to_the_question_switches_all_that_was_chosen(
    staff: Client, groceries: Category
) -> None:
    question = act(staff, "switch_off", groceries.examples.all()[:1], select_across="1")
    answer = dict(question.context["hidden"])
    count = Example.objects.count()
    page = staff.post(reverse(LIST), answer, follow=True)
    assert f"Switched off: {count}." in page.content.decode()
    assert not Example.objects.filter(is_active=True).exists()


def test_the_question_keeps_the_filters_of_the_list(staff: Client, groceries: Category) -> None:
    url = reverse(LIST, query={"is_active__exact": 1})
    chosen = {"_selected_action": Example.objects.all()[0].pk, "select_across": "1"}
    page = staff.post(url, {"action": "switch_on", **chosen})
    assert page.context["back_url"] == url
    assert "0 examples in 0 categories would be switched on." in page.content.decode()


@pytest.mark.parametrize("action", ["switch_on", "switch_off", "move"])
def test_who_may_not_change_examples_is_offered_no_action(
    action: str, staff: Client, make_staff: Make, groceries: Category
) -> None:
    assert f'value="{action}"' in staff.get(reverse(LIST)).content.decode()
    client = staff
    client.force_login(make_staff("classifier.view_example"))
    assert f'value="{action}"' not in client.get(reverse(LIST)).content.decode()
    page = act(client, action, groceries.examples.all()[:1], select_across="1", apply="1")
    assert "Switched" not in page.content.decode()
    assert Example.objects.filter(is_active=True).count() == Example.objects.count()
    assert not Example.history.filter(history_type="~").exists()
