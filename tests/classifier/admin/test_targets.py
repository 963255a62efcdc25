"""The performance targets open as a form, and whoever changes one is remembered."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from classifier.models import PerformanceTargets
from classifier.services.targets import performance_targets
from tests.classifier.admin.conftest import Make

URL = "admin:classifier_performancetargets_changelist"
FIELDS = [field.name for field in PerformanceTargets._meta.fields if field.null]


@pytest.fixture
def filled(db: None) -> dict[str, object]:
    targets = performance_targets()
    return {name: getattr(targets, name) for name in FIELDS}


def test_it_opens_as_a_form_and_saves(
    staff: Client, filled: dict[str, object], admin_user: User
) -> None:
    page = staff.get(reverse(URL)).content.decode()
    assert all(f'name="{name}"' in page for name in FIELDS)
    staff.post(reverse(URL), {**filled, "min_accuracy": "0.55", "max_memory_mb": ""})
    targets = PerformanceTargets.objects.get()
    assert (targets.min_accuracy, targets.max_memory_mb) == (0.55, None)
    newest = targets.history.latest()
    assert newest.history_user == admin_user


def test_its_history_says_who_changed_what(staff: Client, filled: dict[str, object]) -> None:
    staff.post(reverse(URL), {**filled, "min_accuracy": "0.55"})
    url = reverse("admin:classifier_performancetargets_history", args=[1])
    page = staff.get(url).content.decode()
    assert "ada" in page
    assert "0.55" in page


@pytest.mark.parametrize("value", ["-0.1", "1.1", "nan", "inf", "much"])
def test_a_share_that_is_none_is_refused(
    value: str, staff: Client, filled: dict[str, object]
) -> None:
    page = staff.post(reverse(URL), {**filled, "min_accuracy": value})
    assert page.status_code == 200
    assert performance_targets().min_accuracy == filled["min_accuracy"]


def test_changing_them_needs_its_permission(
    client: Client, make_staff: Make, filled: dict[str, object]
) -> None:
    client.force_login(make_staff("classifier.view_performancetargets"))
    assert client.get(reverse(URL)).status_code == 200
    assert client.post(reverse(URL), {**filled, "min_accuracy": "0"}).status_code == 403
    assert performance_targets().min_accuracy == filled["min_accuracy"]
