"""What changed just before something went wrong."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier.models import Activation, Category, Example, ModelVersion
from monitoring.models import AlertRule, Process
from monitoring.services.changes import changes_before
from tests.experiments.reports import make_running
from tests.monitoring.alerts import a_rule

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def nothing_before() -> None:
    """What made the test database is no change of a test's."""
    long_ago = timezone.now() - timedelta(days=30)
    Activation.objects.update(created_at=long_ago)
    for model in (Category, Example, AlertRule):
        model.history.update(history_date=long_ago)


def texts(hours: float = 6) -> list[str]:
    return [change.text for change in changes_before(timezone.now(), hours)]


def process(machine: str, pid: int) -> Process:
    now = timezone.now()
    return Process.objects.create(
        role="web", machine=machine, pid=pid, started_at=now - HOUR, seen_at=now, health="ok",
        rss_bytes=1, cpu_seconds=1, threads=1, open_files=1, cache_entries=0, cache_bytes=0,
    )  # fmt: skip


def test_a_version_that_went_live_is_a_change(active_version: ModelVersion) -> None:
    ann = User.objects.create_user("ann")
    Activation.objects.create(from_version=None, to_version=active_version, by=ann)
    (change,) = changes_before(timezone.now())
    assert change.text == f"Activated: nothing → {active_version}"
    assert change.by == "ann"
    assert reverse(change.url_name, args=[change.object_id])


def test_edits_are_counted_and_named_where_one_person_did_them() -> None:
    ann, ben = User.objects.create_user("ann"), User.objects.create_user("ben")
    examples = list(Example.objects.all()[:3])
    for example in examples:
        example._history_user = ann  # type: ignore[attr-defined]
        example.save()
    (change,) = changes_before(timezone.now())
    assert (change.text, change.by) == ("Edits of examples: 3", "ann")
    assert reverse(change.url_name)
    examples[0]._history_user = ben  # type: ignore[attr-defined]
    examples[0].save()
    (change,) = changes_before(timezone.now())
    assert (change.text, change.by) == ("Edits of examples: 4", "")


def test_processes_that_begin_together_are_one_change() -> None:
    process("a", 1)
    process("a", 2)
    process("b", 3)
    assert sorted(texts()) == [
        "Processes that began on a: 2 web",
        "Processes that began on b: 1 web",
    ]


def test_rules_and_experiments_are_told_and_what_is_older_is_not() -> None:
    a_rule()
    make_running("new-head")
    assert "Alert rule Errors: made" in texts()
    assert any(text.startswith("Experiment new-head:") for text in texts())
    assert texts(hours=0) == []
    assert changes_before(timezone.now() - 24 * HOUR) == []


def test_many_changes_ask_no_more_queries() -> None:
    process("a", 1)
    with CaptureQueriesContext(
        connection,
    ) as few:
        changes_before(timezone.now())
    for number in range(60):
        a_rule()
        process(f"m{number}", 1)
    with CaptureQueriesContext(connection) as many:
        changes = changes_before(timezone.now())
    assert len(many) == len(few)
    assert len(changes) == 100
