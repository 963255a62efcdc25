"""The page “Who served what, when”."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.admin.activations import _duration
from classifier.admin.cells import change_url
from classifier.models import Activation, ModelVersion
from classifier.services.activations import activate_version, retire_version, roll_back
from tests.rows import copy_of

URL = "admin:classifier_activation_changelist"


@pytest.fixture
def versions(active_version: ModelVersion) -> list[ModelVersion]:
    status = ModelVersion.Status.CANDIDATE
    return [copy_of(active_version, name=name, status=status) for name in ("second-y", "third-z")]


def entries(client: Client, query: str = "") -> list[str]:
    page = client.get(reverse(URL) + query).content.decode()
    return page.split('<ol class="timeline">')[1].split("</ol>")[0].split("<li>")[1:]


def test_it_tells_who_put_what_live_in_place_of_what_and_why(
    staff: Client, active_version: ModelVersion, versions: list[ModelVersion], admin_user: User
) -> None:
    activation = activate_version(versions[0], by=admin_user, reason="better coffee")
    assert activation is not None
    newest, first = entries(staff)
    for words in ("Activated", "second-y", f">{active_version}</a>", "ada", "better coffee"):
        assert words in newest
    assert change_url(activation) in newest
    assert "in place of nothing" in first
    assert "a command" in first


def test_how_long_each_served_is_told(
    staff: Client, active_version: ModelVersion, versions: list[ModelVersion]
) -> None:
    now = timezone.now()
    activate_version(versions[0])
    for row, age in zip(Activation.objects.order_by("id"), (90, 60), strict=True):
        Activation.objects.filter(pk=row.pk).update(created_at=now - timedelta(minutes=age))
    newest, first = entries(staff)
    assert "served 30 min, until" in first
    assert "has served 1 h" in newest
    assert "Serves now" in newest
    assert "Serves now" not in first


def test_rollbacks_and_retirements_are_told_apart(
    staff: Client, versions: list[ModelVersion], admin_user: User
) -> None:
    activate_version(versions[0])
    roll_back()
    retire_version(versions[1], by=admin_user, reason="bad import")
    retired, rolled_back, *_ = entries(staff)
    for words in ("Retired", "third-z", "ada", "bad import"):
        assert words in retired
    assert "Rolled back" in rolled_back
    assert "in place of" not in retired


def test_targets_that_were_missed_are_told(staff: Client, versions: list[ModelVersion]) -> None:
    activation = activate_version(versions[0])
    assert activation is not None
    Activation.objects.filter(pk=activation.pk).update(
        missed_targets=["Memory 2,000.0 MB, wanted at most 1,000.0 MB"]
    )
    assert "although it missed: Memory 2,000.0 MB, wanted at most" in entries(staff)[0]
    assert "Memory 2,000.0 MB" in staff.get(change_url(activation)).content.decode()


@pytest.mark.parametrize("query", ["", "?p=1", "?p=0", "?p=%00", f"?p={'9' * 30}", "?q=x"])
def test_a_page_that_cannot_be_is_one_that_can(
    query: str, staff: Client, active_version: ModelVersion
) -> None:
    assert entries(staff, query)


def test_long_histories_have_pages(staff: Client, active_version: ModelVersion) -> None:
    Activation.objects.bulk_create(
        Activation(to_version=active_version, reason=f"reason {number}") for number in range(60)
    )
    assert len(entries(staff)) == 50
    assert "reason 59" in entries(staff)[0]
    older = entries(staff, "?p=2")
    assert len(older) == 11
    assert "reason 9" in older[0]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7200, "2 h"), (90_061, "1 d 1 h"), (-5, "0 s")],
)
def test_a_span_of_time_has_two_units(seconds: int, words: str) -> None:
    assert _duration(timedelta(seconds=seconds)) == words
