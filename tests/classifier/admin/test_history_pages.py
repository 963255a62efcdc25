"""The history of a row: who changed what and why, and each state as it was."""

from django.contrib.auth.models import User
from django.test import Client

from classifier.admin.cells import change_url
from classifier.models import Rule
from tests.classifier.admin.conftest import Rows


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def history_of(rule: Rule) -> str:
    return change_url(rule).replace("/change/", "/history/")


def test_before_the_first_change_it_says_so(staff: Client, rows: Rows) -> None:
    Rule.history.all().delete()
    page = page_of(staff, history_of(rows.rule))
    assert "Nobody has changed it yet." in page
    assert "<table" not in page


def test_each_change_says_who_did_it_and_why(staff: Client, rows: Rows) -> None:
    rule = rows.rule
    rule.is_active = not rule.is_active
    rule.save()
    ben = User.objects.create_user("ben")
    newest = rule.history.filter(pk=rule.history.latest().pk)
    newest.update(history_user=ben, history_change_reason="It was too broad.")
    page = page_of(staff, history_of(rule))
    for said in (">ben<", "It was too broad.", f"{not rule.is_active} → {rule.is_active}"):
        assert said in page, said
    assert "None" not in page.split('id="change-history"')[1]


def test_what_nobody_did_was_done_by_the_program(staff: Client, rows: Rows) -> None:
    Rule.history.update(history_user=None, history_change_reason=None)
    assert ">the program<" in page_of(staff, history_of(rows.rule))


def test_an_earlier_state_has_no_button_that_leads_nowhere(staff: Client, rows: Rows) -> None:
    newest = rows.rule.history.latest()
    page = page_of(staff, f"{history_of(rows.rule)}{newest.pk}/")
    assert "“Revert” brings it back." in page
    assert "actionDropdownOpen" not in page
