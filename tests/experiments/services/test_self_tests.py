"""The A/A self-test draws arms from the deployment's own users, and keeps what it found."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from classifier.exceptions import ConflictError
from classifier.models import ModelVersion
from experiments.models import SelfTest
from experiments.services.self_tests import request_self_test, run_self_test
from tests.experiments.traffic import Served, metric_of, store

pytestmark = pytest.mark.django_db


def serve(users: int, ago: timedelta = timedelta(days=3)) -> None:
    chance = random.Random(users)
    store(
        Served(None, f"u{user}", timezone.now() - ago, is_abstained=chance.random() < 0.3)
        for user in range(users)
        for _ in range(3)
    )


@pytest.fixture
def test(active_version: ModelVersion) -> SelfTest:
    return request_self_test(metric_of("abstention-rate"))


def test_false_alarms_are_counted_by_method(test: SelfTest) -> None:
    serve(150)
    run_self_test(test.pk)
    test.refresh_from_db()
    assert test.status == SelfTest.Status.DONE
    assert test.finished_at is not None
    assert test.result is not None
    assert test.result["units"] == 150
    fixed, sequential = test.result["methods"]
    assert fixed["limit"] == sequential["limit"] == 0.05
    assert fixed["repetitions"] > 0
    assert 0 <= sequential["low"] <= sequential["share"] <= sequential["high"] <= 1


def test_of_few_users_it_fails_in_words(test: SelfTest) -> None:
    serve(20)
    serve(300, ago=timedelta(days=29))
    run_self_test(test.pk)
    test.refresh_from_db()
    assert test.status == SelfTest.Status.FAILED
    assert test.error == "Too few units were measured in one of the arms."


def test_it_is_run_once(test: SelfTest) -> None:
    run_self_test(test.pk)
    test.refresh_from_db()
    finished = test.finished_at
    serve(150)
    run_self_test(test.pk)
    run_self_test(test.pk + 1)
    test.refresh_from_db()
    assert (test.status, test.finished_at) == (SelfTest.Status.FAILED, finished)


def test_there_is_one_at_a_time(test: SelfTest) -> None:
    with pytest.raises(ConflictError, match="one at a time"):
        request_self_test(metric_of("confidence"))


def test_one_that_was_lost_makes_room(test: SelfTest) -> None:
    SelfTest.objects.update(created_at=timezone.now() - timedelta(hours=1))
    request_self_test(metric_of("confidence"))
    test.refresh_from_db()
    assert (test.status, test.error) == (SelfTest.Status.FAILED, "No worker finished it.")


@pytest.mark.parametrize("key", ["error-rate", "latency-p95", "accuracy-audit"])
def test_a_metric_that_predictions_do_not_have_is_refused(
    active_version: ModelVersion, key: str
) -> None:
    with pytest.raises(ConflictError, match="choose another metric"):
        request_self_test(metric_of(key))


def test_a_worker_is_asked_on_commit(
    active_version: ModelVersion, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        test = request_self_test(metric_of("confidence"))
    (task,) = OrmQ.objects.all()
    assert (task.func(), task.task["args"]) == ("experiments.tasks.run_self_test", (test.pk,))
