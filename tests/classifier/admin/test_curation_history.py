"""Everything that people curate has a history, and bulk edits are in it too."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from classifier.models import Category, Example, Merchant, Rule
from tests.classifier.admin.conftest import Rows
from tests.classifier.admin.test_groups import ACTIONS, ROWS

CURATED = {
    "classifier.Category",
    "classifier.Example",
    "classifier.LearningPolicy",
    "classifier.Merchant",
    "classifier.MerchantTag",
    "classifier.PerformanceTargets",
    "classifier.Rule",
}
# Changed by hand, and not curated.
OTHERS = {"classifier.ApiKey": "what the admin's own log keeps is enough: the key is never shown"}
BULK = sorted(name for name in ACTIONS if name.partition(" ")[0] in CURATED)


def test_what_can_be_changed_by_hand_is_curated_or_says_why_not() -> None:
    changed = {
        label
        for label, may in ROWS.items()
        if label.startswith("classifier.") and (may.add or may.change)
    }
    assert changed <= CURATED | set(OTHERS)


def test_curated_rows_have_a_history() -> None:
    with_history = {
        model._meta.label for model in apps.get_app_config("classifier").get_models()
        if hasattr(model, "history")
    }  # fmt: skip
    assert with_history == CURATED


@pytest.fixture
def chosen(rows: Rows) -> Callable[[str], Model]:
    """A function from an action to a row that it changes."""

    def choose(name: str) -> Model:
        model, _, action = name.partition(" ")
        row: Category | Example | Merchant | Rule
        match model:
            case "classifier.Category":
                row = Category.objects.create(slug="spells", name="Spells")
            case "classifier.Example":
                row = rows.example
            case "classifier.Rule":
                row = rows.rule
            case _:
                row = rows.merchant
        if action == "switch_on":
            type(row)._default_manager.filter(pk=row.pk).update(is_active=False)
        return row

    return choose


@pytest.mark.parametrize("name", BULK)
def test_a_bulk_edit_is_in_the_history_of_each_row_with_who_did_it(
    name: str, staff: Client, admin_user: User, chosen: Callable[[str], Any]
) -> None:
    row = chosen(name)
    before = type(row).history.filter(id=row.pk).count()
    answers: dict[str, object] = {"post": "yes", "apply": "1"}
    if name.endswith(" move"):
        answers["category"] = Category.objects.detailed().exclude(pk=row.category_id)[0].pk
    list_url = reverse(f"admin:classifier_{row._meta.model_name}_changelist")
    action = name.partition(" ")[2]
    response = staff.post(list_url, {"action": action, "_selected_action": row.pk, **answers})
    assert response.status_code == 302
    acts = type(row).history.filter(id=row.pk)
    assert acts.count() == before + 1, name
    newest = acts.latest()
    assert newest.history_user == admin_user
    assert newest.history_type == ("-" if action == "delete_selected" else "~")
