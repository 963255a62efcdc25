"""Every page of the admin opens for who may see it, and for nobody else."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from classifier.models import Activation, Category, Encoder, Example
from tests.classifier.admin.conftest import Make, Rows

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
ADDABLE = {
    "classifier.Category",
    "classifier.Example",
    "classifier.ApiKey",
    "auth.User",
    "auth.Group",
}
LOGS = [
    "classifier.Activation", "classifier.Encoder", "classifier.Feedback", "classifier.Job",
    "classifier.ModelVersion", "classifier.Prediction",
]  # fmt: skip


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def row_of(rows: Rows, admin_user: User) -> dict[str, Model]:
    return {
        "classifier.Activation": Activation.objects.all()[0],
        "classifier.ApiKey": rows.api_key,
        "classifier.Category": rows.category,
        "classifier.Encoder": Encoder.objects.all()[0],
        "classifier.Example": rows.example,
        "classifier.Feedback": rows.feedback,
        "classifier.Job": rows.job,
        "classifier.ModelVersion": rows.version,
        "classifier.Prediction": rows.prediction,
        "auth.Group": rows.group,
        "auth.User": admin_user,
        "django_q.Failure": rows.failure,
    }


@pytest.fixture
def custom_pages(rows: Rows) -> list[str]:
    return [
        reverse("admin:index"),
        reverse("admin:try_it"),
        reverse("admin:classifier_modelversion_build"),
        reverse("admin:classifier_modelversion_activate", args=[rows.version.pk]),
        reverse("admin:classifier_job_abandon", args=[rows.job.pk]),
        reverse("admin:classifier_job_progress", args=[rows.job.pk]),
        change_url(rows.api_key).replace("/change/", "/revoke/"),
        reverse("admin:classifier_category_simple_history", args=_newest_history(rows.category)),
        reverse("admin:classifier_example_simple_history", args=_newest_history(rows.example)),
    ]


def _newest_history(row: Category | Example) -> list[int]:
    return [row.pk, row.history.latest().pk]


def test_every_registered_model_has_a_row_here(row_of: dict[str, Model]) -> None:
    assert {model._meta.label for model in MODELS} == set(row_of)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_its_list_its_row_and_its_history_open(
    model: type[Model], staff: Client, row_of: dict[str, Model]
) -> None:
    row = row_of[model._meta.label]
    for url in (
        address(model, "changelist"),
        change_url(row),
        change_url(row).replace("/change/", "/history/"),
    ):
        assert staff.get(url).status_code == 200, url


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_row_is_added_by_hand_only_where_that_makes_sense(
    model: type[Model], staff: Client, db: None
) -> None:
    expected = 200 if model._meta.label in ADDABLE else 403
    assert staff.get(address(model, "add")).status_code == expected


@pytest.mark.parametrize("label", LOGS)
def test_a_log_is_not_changed_or_deleted_even_by_a_superuser(
    label: str, staff: Client, row_of: dict[str, Model]
) -> None:
    row = row_of[label]
    assert staff.post(change_url(row), {"name": "other"}).status_code == 403
    assert staff.get(change_url(row).replace("/change/", "/delete/")).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    staff.post(address(type(row), "changelist"), chosen)
    assert type(row)._default_manager.filter(pk=row.pk).exists()


def test_pages_beside_the_lists_open(staff: Client, custom_pages: list[str]) -> None:
    assert [(url, staff.get(url).status_code) for url in custom_pages] == [
        (url, 200) for url in custom_pages
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_staff_without_permission_sees_no_list_and_no_row(
    model: type[Model], client: Client, make_staff: Make, row_of: dict[str, Model]
) -> None:
    client.force_login(make_staff())
    assert client.get(address(model, "changelist")).status_code == 403
    assert client.get(change_url(row_of[model._meta.label])).status_code == 403


def test_staff_without_permission_sees_no_page_but_the_first(
    client: Client, make_staff: Make, custom_pages: list[str]
) -> None:
    client.force_login(make_staff())
    index, *others = custom_pages
    assert client.get(index).status_code == 200
    assert {client.get(url).status_code for url in others} <= {403, 404}


def test_nobody_sees_anything_before_signing_in(client: Client, custom_pages: list[str]) -> None:
    for url in custom_pages:
        response = client.get(url)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("admin:login"))


def test_the_navigation_shows_only_what_may_be_opened(client: Client, make_staff: Make) -> None:
    client.force_login(make_staff("classifier.view_category"))
    page = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:classifier_category_changelist") in page
    assert reverse("admin:auth_user_changelist") not in page
    assert reverse("admin:try_it") not in page
