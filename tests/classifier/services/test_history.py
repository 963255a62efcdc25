"""Activations and retirements in one order of time."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classifier.models import Activation, ModelVersion, Retirement
from classifier.services.activations import activate_version, retire_version, roll_back
from classifier.services.history import Act, acts, acts_of
from tests.rows import copy_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def versions(active_version: ModelVersion) -> list[ModelVersion]:
    """The active version and two candidates."""
    status = ModelVersion.Status.CANDIDATE
    return [active_version, *(copy_of(active_version, name=name, status=status) for name in "bc")]


def history() -> list[Act]:
    return acts_of(list(acts()))


def test_what_was_done_is_told_newest_first(versions: list[ModelVersion]) -> None:
    activate_version(versions[1])
    retire_version(versions[2])
    roll_back()
    rows = [act.row for act in history()]
    assert [type(row) for row in rows] == [Activation, Retirement, Activation, Activation]
    assert [str(row) for row in rows[:3]] == [
        f"{versions[1]} → {versions[0]}",
        f"{versions[2]} retired",
        f"{versions[0]} → {versions[1]}",
    ]


def test_a_version_served_until_the_next_was_activated(versions: list[ModelVersion]) -> None:
    activate_version(versions[1])
    retire_version(versions[2])
    _, now, first = history()
    assert now.until is None
    assert first.until == now.row.created_at


def test_a_page_asks_as_much_for_many(versions: list[ModelVersion]) -> None:
    def count(act: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            act()
        return len(queries)

    retire_version(versions[2])
    few = count(history)
    for version in versions[1:] * 3:
        activate_version(ModelVersion.objects.get(pk=version.pk))
    assert count(history) == few == 3
