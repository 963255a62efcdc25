"""Rules in the admin: what one would do is shown before it is saved."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from classifier.admin.cells import change_url
from classifier.models import Category, Prediction, Rule
from tests.classifier.admin.conftest import Make, Rows, classify

ADD = "admin:classifier_rule_add"
PREVIEW = "admin:classifier_rule_preview"
LIST = "admin:classifier_rule_changelist"
pytestmark = pytest.mark.django_db


@pytest.fixture
def form(rows: Rows) -> dict[str, str]:
    """A rule for what was answered just now."""
    category = Category.objects.get(slug="fast-food")
    return {
        "kind": "exact",
        "pattern": rows.prediction.description,
        "category": str(category.pk),
        "position": "100",
        "is_active": "on",
        "note": "",
    }


def hidden(page: str) -> dict[str, str]:
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    found.pop("csrfmiddlewaretoken", None)
    return found


def test_the_preview_saves_nothing(staff: Client, form: dict[str, str]) -> None:
    page = staff.get(reverse(PREVIEW), form).content.decode()
    assert "Matches 1 of the last 1 predictions; 1 changes." in page
    assert "Fast food" in page
    assert not Rule.objects.filter(kind="exact", category=int(form["category"])).exists()


def test_the_preview_says_what_is_wrong_with_the_form(staff: Client, form: dict[str, str]) -> None:
    page = staff.get(reverse(PREVIEW), {**form, "pattern": "0423"}).content.decode()
    assert "It holds no letters to compare with." in page


def test_a_rule_is_saved_from_the_page_that_shows_what_it_does(
    staff: Client, form: dict[str, str], admin_user: User
) -> None:
    asked = staff.post(reverse(ADD), form)
    page = asked.content.decode()
    assert "Matches 1 of the last 1 predictions; 1 changes." in page
    assert Rule.objects.count() == 1
    saved = staff.post(reverse(ADD), hidden(page))
    assert saved.status_code == 302
    rule = Rule.objects.latest("id")
    assert (rule.category.slug, rule.created_by) == ("fast-food", admin_user)
    assert rule.history.get().history_user == admin_user


def test_a_note_is_saved_without_a_question(staff: Client, rows: Rows) -> None:
    rule = rows.rule
    fields = {
        "kind": rule.kind,
        "pattern": rule.pattern,
        "category": str(rule.category_id),
        "position": "100",
        "is_active": "on",
        "note": "kept for audits",
    }
    assert staff.post(change_url(rule), fields).status_code == 302
    rule.refresh_from_db()
    assert rule.note == "kept for audits"


def test_a_refused_form_says_so_without_a_question(staff: Client, form: dict[str, str]) -> None:
    page = staff.post(reverse(ADD), {**form, "kind": "mcc", "pattern": "9"}).content.decode()
    assert "No merchant category code is" in page


def test_who_may_only_look_previews_nothing(
    client: Client, make_staff: Make, form: dict[str, str]
) -> None:
    client.force_login(make_staff("classifier.view_rule"))
    assert client.get(reverse(PREVIEW), form).status_code == 403
    assert client.post(reverse(ADD), form).status_code == 403


def test_a_code_is_named_in_the_list(staff: Client, rows: Rows) -> None:
    Rule.objects.create(kind=Rule.Kind.MCC, pattern="5411", category=rows.category)
    assert "5411 (Groceries and supermarkets)" in staff.get(reverse(LIST)).content.decode()


def test_the_order_is_changed_in_the_list_and_kept_in_history(staff: Client, rows: Rows) -> None:
    fields = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": str(rows.rule.pk),
        "form-0-position": "7",
        "_save": "Save",
    }
    page = staff.get(reverse(LIST)).content.decode()
    assert f'aria-label="Position of {rows.rule.pattern}"' in page
    assert staff.post(reverse(LIST), fields).status_code == 302
    assert rows.rule.history.latest("history_id").position == 7


def test_one_that_has_decided_is_switched_off_and_not_deleted(staff: Client, rows: Rows) -> None:
    Prediction.objects.filter(pk=rows.prediction.pk).update(rule=rows.rule, annotator="rule")
    url = reverse("admin:classifier_rule_delete", args=[rows.rule.pk])
    page = staff.post(url, {"post": "yes"}, follow=True).content.decode()
    assert "Switch it off instead." in page
    assert Rule.objects.filter(pk=rows.rule.pk).exists()
    assert "delete_selected" not in staff.get(reverse(LIST)).content.decode()
    choice = {"action": "switch_off", "_selected_action": str(rows.rule.pk)}
    staff.post(reverse(LIST), choice)
    assert not Rule.objects.get(pk=rows.rule.pk).is_active
    assert rows.rule.history.latest("history_id").is_active is False


def test_one_that_never_decides_is_pointed_out(staff: Client, rows: Rows) -> None:
    old = timezone.now() - timedelta(days=91)
    idle = Rule.objects.create(kind=Rule.Kind.EXACT, pattern="idle", category=rows.category)
    Rule.objects.filter(pk=idle.pk).update(created_at=old)
    page = staff.get(reverse(LIST)).content.decode()
    assert page.count("Nothing for 90 days") == 1
    found = staff.get(reverse(LIST), {"use": "idle"}).content.decode()
    assert "idle" in found
    assert rows.rule.pattern not in found
    overview = staff.get(reverse("admin:index")).content.decode()
    assert "1 rule has decided nothing for 90 days" in overview
    assert f"{reverse(LIST)}?use=idle" in overview


def test_a_prediction_names_the_rule_that_decided(
    staff: Client, rows: Rows, settings: Settings
) -> None:
    settings.ENGINE_POLL_SECONDS = 0
    (prediction,) = classify(rows.rule.pattern)
    assert prediction.rule == rows.rule
    page = staff.get(change_url(prediction)).content.decode()
    assert change_url(rows.rule) in page
    tried = staff.post(reverse("admin:try_it"), {"descriptors": rows.rule.pattern})
    assert "Decided by: a rule" in tried.content.decode()
