"""The admin's first page: what is so, and what needs doing next."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from classifier import runtime
from classifier.models import (
    Activation,
    Category,
    Encoder,
    EncoderChoice,
    Example,
    Job,
    MerchantTag,
    ModelVersion,
    Prediction,
)
from classifier.services.feedback import FeedbackItem, record_feedback
from classifier.services.predictions import TransactionRequest, classify_transactions
from classifier.services.review import claim, discard
from classifier.services.versions import build_version
from experiments.services.lifecycle import pause, resume, stop
from monitoring import collectors
from monitoring.services.overview import Need, overview
from tests.database import plan_of
from tests.experiments.reports import make_analysis, make_running
from tests.monitoring.alerts import an_alert
from tests.reviews import queued
from tests.rows import copy_of, waiting_judgement


@pytest.fixture
def staff(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


@pytest.fixture
def settled(active_version: ModelVersion) -> ModelVersion:
    """The active version, with nothing curated since."""
    ModelVersion.objects.filter(pk=active_version.pk).update(input_read_at=timezone.now())
    active_version.refresh_from_db()
    return active_version


def needs() -> list[Need]:
    return [todo.need for todo in overview().todos]


def classify(*texts: str) -> list[Prediction]:
    answers = classify_transactions([TransactionRequest(text) for text in texts])
    return [Prediction.objects.get(pk=answer.prediction_id) for answer in answers]


def candidate_like(version: ModelVersion, **changes: object) -> ModelVersion:
    return copy_of(version, name="a copy", status=ModelVersion.Status.CANDIDATE, **changes)


def test_a_curated_built_and_activated_system_needs_nothing(settled: ModelVersion) -> None:
    assert needs() == []


def test_the_active_version_is_shown_with_its_interval(
    staff: Client, active_version: ModelVersion
) -> None:
    page = staff.get(reverse("admin:index")).content.decode()
    assert active_version.name in page
    assert f"{100 * active_version.accuracy:.1f}%" in page
    low = active_version.figures["accuracy_low"]
    assert f"95% interval {100 * low:.1f} to " in page


def test_a_new_installation_is_told_the_command(db: None) -> None:
    Activation.objects.all().delete()
    ModelVersion.objects.all().delete()
    assert "manage.py build_version --activate" in overview().todos[0].text
    EncoderChoice.objects.all().delete()
    Encoder.objects.all().delete()
    assert "manage.py bootstrap" in overview().todos[0].text
    assert needs()[0] is Need.BOOTSTRAP


def test_a_changed_example_asks_for_a_build(settled: ModelVersion) -> None:
    example = Example.objects.all()[0]
    example.is_active = False
    example.save()
    (todo,) = overview().todos
    assert todo.need is Need.BUILD
    assert todo.text.startswith("1 change ")


def test_what_was_made_and_taken_back_asks_for_no_build(settled: ModelVersion) -> None:
    known = Example.objects.all()[0]
    made = Example.objects.create(text="QWOP HARBOUR SHOP", category=known.category)
    assert needs() == [Need.BUILD]
    made.delete()
    assert needs() == []
    known.delete()
    assert needs() == [Need.BUILD]


def test_a_kind_of_merchant_with_other_words_asks_for_a_build(settled: ModelVersion) -> None:
    kind = MerchantTag.objects.all()[0]
    kind.words = "ropes and sails"
    kind.save()
    assert needs() == [Need.BUILD]
    version, is_new = build_version()
    assert is_new
    assert version.pk != settled.pk


def test_a_change_that_made_no_difference_is_settled_by_a_build(settled: ModelVersion) -> None:
    Example.objects.all()[0].save()
    assert needs() == [Need.BUILD]
    build_version()
    assert needs() == []


def test_a_version_that_was_rolled_back_is_not_advised_again(settled: ModelVersion) -> None:
    candidate_like(settled)
    ModelVersion.objects.filter(name="a copy").update(status=ModelVersion.Status.RETIRED)
    assert needs() == []


def test_a_newer_candidate_asks_to_be_compared_and_activated(
    staff: Client, settled: ModelVersion
) -> None:
    candidate = candidate_like(settled)
    (todo,) = overview().todos
    assert (todo.need, todo.subject_id) == (Need.ACTIVATE, candidate.pk)
    url = reverse("admin:classifier_modelversion_activate", args=[candidate.pk])
    assert f'href="{url}"' in staff.get(reverse("admin:index")).content.decode()


def test_a_newer_candidate_that_misses_targets_is_said_to(settled: ModelVersion) -> None:
    candidate_like(settled, accuracy=0.1, calibration_error=0.9)
    (todo,) = overview().todos
    assert todo.need is Need.ACTIVATE
    assert "but misses targets: out-of-sample accuracy, calibration error." in todo.text


def test_a_version_that_was_learned_and_waits_says_why(settled: ModelVersion) -> None:
    waiting_judgement(candidate_like(settled), settled, "It may lose a point or more.")
    (todo,) = overview().todos
    assert todo.need is Need.ACTIVATE
    assert todo.text.endswith("was learned from feedback and waits. It may lose a point or more.")


def test_a_thin_category_asks_for_examples(settled: ModelVersion) -> None:
    category = Category.objects.get(slug="groceries")
    category.examples.exclude(pk__in=category.examples.values("pk")[:4]).delete()
    todos = {todo.need: todo.text for todo in overview().todos}
    assert str(category) in todos[Need.ADD_EXAMPLES]


def test_an_abstention_asks_for_review_until_someone_has_answered(
    settled: ModelVersion, admin_user: User
) -> None:
    (item,) = queued("QWOP HARBOUR SHOP")
    (todo,) = overview().todos
    assert (todo.need, todo.text) == (
        Need.REVIEW,
        "1 text waits in the review queue: say what is right.",
    )
    claim(admin_user)
    discard(item.pk, admin_user)
    assert needs() == []


def test_what_people_said_asks_to_be_judged(settled: ModelVersion) -> None:
    (prediction,) = classify("NETFLIX.COM")
    record_feedback([FeedbackItem(prediction_id=prediction.id, category="groceries")])
    assert needs() == [Need.JUDGE_FEEDBACK]


def test_a_failed_job_asks_to_be_read_until_one_succeeds(settled: ModelVersion) -> None:
    Job.objects.create(kind=Job.Kind.BUILD_VERSION, status=Job.Status.FAILED)
    assert needs() == [Need.FAILED_JOBS]
    Job.objects.create(kind=Job.Kind.BUILD_VERSION, status=Job.Status.SUCCEEDED)
    assert needs() == []


def test_a_job_that_failed_before_the_last_success_is_settled(settled: ModelVersion) -> None:
    for status in ("failed", "succeeded", "failed", "succeeded", "failed", "failed"):
        Job.objects.create(kind=Job.Kind.BUILD_VERSION, status=status)
    (todo,) = overview().todos
    assert todo.text.startswith("2 jobs have failed")


def test_the_last_success_is_looked_for_once_and_not_for_each_job(
    settled: ModelVersion,
) -> None:
    with CaptureQueriesContext(connection) as queries:
        collectors.failed_jobs()
    (count,) = [query["sql"] for query in queries]
    plan = plan_of(count)
    # What SQLite and PostgreSQL call a query within a query that depends on the outer one's row.
    for word in ("CORRELATED", "SubPlan", "Anti Join"):
        assert word not in plan


def test_the_cache_share_is_of_recent_predictions(settled: ModelVersion) -> None:
    assert overview().recent.cached_share is None
    classify("NETFLIX.COM")
    classify("NETFLIX.COM")
    assert overview().recent.cached_share == 0.5


def test_today_starts_at_midnight(settled: ModelVersion) -> None:
    first, last = classify("NETFLIX.COM", "SHELL OIL")
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for prediction, moment in ((first, midnight), (last, midnight - timedelta(microseconds=1))):
        Prediction.objects.filter(pk=prediction.pk).update(created_at=moment)
    assert overview().today.count == 1


def test_a_degraded_engine_says_why(staff: Client, active_version: ModelVersion) -> None:
    broken = candidate_like(active_version, manifest_digest="0" * 64)
    runtime.get().refresh()
    Activation.objects.create(from_version=active_version, to_version=broken)
    runtime.get().refresh()
    page = staff.get(reverse("admin:index")).content.decode()
    assert "Degraded" in page
    assert f"serves version {active_version.name}, not {broken.name}" in page
    assert overview().todos[0].need is Need.ENGINE


def test_an_alert_that_fires_comes_first(staff: Client, settled: ModelVersion) -> None:
    an_alert()
    page = staff.get(reverse("admin:index")).content.decode()
    assert "1 alert fires: see what is wrong." in page
    assert reverse("admin:monitoring_alert_changelist") in page
    assert overview().todos[0].need is Need.ALERTS


def test_the_page_asks_as_much_whatever_there_is(
    staff: Client, settled: ModelVersion, settings: Settings
) -> None:
    # Where no watcher runs, the engine looks for itself once in a while.
    settings.ENGINE_POLL_SECONDS = 3600
    url = reverse("admin:index")
    staff.get(url)
    with CaptureQueriesContext(connection) as before:
        staff.get(url)
    classify(*Example.objects.values_list("text", flat=True)[:30])
    for status in [Job.Status.FAILED] * 6:
        Job.objects.create(kind=Job.Kind.BUILD_VERSION, status=status)
    candidate_like(settled)
    with CaptureQueriesContext(connection) as after:
        staff.get(url)
    assert len(after) == len(before)
    assert len(after) <= 27


def test_each_sees_what_they_may_see(
    client: Client, settled: ModelVersion, make_staff: Callable[..., User]
) -> None:
    Job.objects.create(kind=Job.Kind.BUILD_VERSION, status=Job.Status.FAILED, error="no disk")
    user = make_staff("classifier.view_example", "classifier.view_category")
    client.force_login(user)
    page = client.get(reverse("admin:index")).content.decode()
    assert "Active examples" in page
    for hidden in ("no disk", "Active version", "Predictions today", "Engine of this process"):
        assert hidden not in page
    assert "Nothing that you may do." in page


def test_the_running_experiment_is_shown(staff: Client, active_version: ModelVersion) -> None:
    page = staff.get(reverse("admin:index")).content.decode()
    assert "Running experiment" in page
    experiment = make_running("hybrid-head", days=9, traffic_share=0.25)
    page = staff.get(reverse("admin:index")).content.decode()
    assert "on 25% of traffic, day 9.0 of 28" in page
    assert reverse("admin:experiments_experiment_change", args=[experiment.pk]) in page


def test_what_runs_is_shown_though_another_was_started_later_and_stopped(
    staff: Client, active_version: ModelVersion
) -> None:
    later = make_running("later", days=1)
    stop(later)
    make_running("earlier", days=9)
    page = staff.get(reverse("admin:index")).content.decode()
    assert "day 9.0 of 28" in page
    assert ">earlier<" in page


@pytest.mark.parametrize("kind", ["ship", "roll_back", "no_difference", "unhealthy"])
def test_a_verdict_asks_for_a_decision(settled: ModelVersion, kind: str) -> None:
    said = {"kind": kind, "sentences": ["Look at it."], "winner": None, "days_left": None}
    experiment = make_running()
    make_analysis(experiment, verdict={**said, "kind": "keep_running"})
    assert Need.EXPERIMENT not in needs()
    make_analysis(experiment, verdict=said)
    (todo,) = (todo for todo in overview().todos if todo.need is Need.EXPERIMENT)
    assert (todo.text, todo.subject_id) == (
        "Experiment new-head has a verdict. Look at it.", experiment.pk
    )  # fmt: skip
    stop(experiment)
    assert "has a verdict" not in " ".join(todo.text for todo in overview().todos)


def test_an_experiment_that_was_paused_by_itself_asks_for_a_look(
    settled: ModelVersion, admin_user: User
) -> None:
    experiment = make_running()
    pause(experiment, reason="Latency of candidate is 30% worse.")
    (todo,) = (todo for todo in overview().todos if todo.need is Need.EXPERIMENT)
    assert todo.text == (
        "Experiment new-head was paused by itself. Latency of candidate is 30% worse."
    )
    resume(experiment, by=admin_user)
    pause(experiment, by=admin_user, reason="A holiday.")
    assert Need.EXPERIMENT not in needs()
