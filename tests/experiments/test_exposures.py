"""Whoever is served a variant is a row, with the prediction or not at all."""

from collections import Counter
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models import ProtectedError
from prometheus_client import REGISTRY
from rest_framework.test import APIClient

from classifier.models import Category, ModelVersion, Prediction
from classifier.services.predictions import TransactionRequest, classify_transactions
from experiments.models import Experiment, Exposure
from experiments.models.experiment import SplitChoices
from experiments.services.lifecycle import pause, start
from experiments.stats.assignment import variant_of
from tests.experiments.conftest import Make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_once")]

TEXTS = ("corner bakery", "NETFLIX.COM", "SHELL OIL 5741", "0000 1111")


def requests(users: int = 6) -> list[TransactionRequest]:
    return [
        TransactionRequest(text, user_id=f"user-{number}", transaction_id=f"{number} {text}")
        for number in range(users)
        for text in TEXTS
    ]


def test_each_prediction_of_a_variant_is_an_exposure_that_says_the_same(
    make_experiment: Make,
) -> None:
    experiment = make_experiment()
    start(experiment)
    answers = classify_transactions(requests())
    assert Exposure.objects.count() == len(answers) == 24
    for exposure in Exposure.objects.select_related("prediction", "variant"):
        prediction = exposure.prediction
        assert exposure.unit == prediction.user_id
        assert exposure.variant.version_id == prediction.version_id
        assert exposure.confidence == prediction.confidence
        assert exposure.latency_ms == prediction.latency_ms
        assert exposure.is_abstained == (prediction.category_id is None)
        assert not exposure.is_failed


def test_a_batch_of_many_users_goes_each_its_own_way_and_keeps_its_order(
    make_experiment: Make,
) -> None:
    experiment = make_experiment()
    start(experiment)
    asked = requests(users=40)
    answers = classify_transactions(asked)
    versions = {
        variant.key: variant.version.name
        for variant in experiment.variants.select_related("version")
    }
    order = ["control", "treatment"]
    assert [answer.transaction_id for answer in answers] == [one.transaction_id for one in asked]
    assert [answer.version for answer in answers] == [
        versions[order[variant_of(experiment.salt, one.user_id, (0.5, 0.5))]] for one in asked
    ]
    assert len({answer.version for answer in answers}) == 2


def test_nobody_outside_is_an_exposure(make_experiment: Make) -> None:
    experiment = make_experiment(traffic_share=0.0001)
    start(experiment)
    classify_transactions(requests())
    assert not Exposure.objects.exists()
    pause(experiment)
    classify_transactions([TransactionRequest("NETFLIX.COM")])
    assert not Exposure.objects.exists()
    assert Prediction.objects.count() == 25


def test_requests_without_a_user_are_counted_apart(make_experiment: Make) -> None:
    experiment = make_experiment(traffic_share=0.0001)
    start(experiment)
    classify_transactions([TransactionRequest(text) for text in TEXTS])
    assert set(Exposure.objects.values_list("variant", "unit")) == {(experiment.control.pk, "")}
    assert Exposure.objects.count() == len(TEXTS)


def test_split_by_request_is_one_unit_a_request(make_experiment: Make) -> None:
    start(make_experiment(split=SplitChoices.RANDOM))
    for _ in range(3):
        classify_transactions(requests(users=2))
    counts = Counter(Exposure.objects.values_list("unit", flat=True))
    assert sorted(counts.values()) == [8, 8, 8]


def test_where_the_exposure_cannot_be_stored_nothing_is(make_experiment: Make) -> None:
    start(make_experiment())

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if 'INSERT INTO "experiments_exposure"' in sql:
            raise DatabaseError("no room")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse), pytest.raises(DatabaseError):
        classify_transactions(requests())
    assert not Prediction.objects.exists()
    assert not Exposure.objects.exists()


def test_through_the_api_the_answer_names_the_version_that_gave_it(
    api: APIClient, make_experiment: Make, other_version: ModelVersion
) -> None:
    experiment = make_experiment()
    start(experiment)
    users = [f"user-{number}" for number in range(20)]
    body = {"transactions": [{"description": "NETFLIX.COM", "user_id": user} for user in users]}
    answer = api.post("/api/v1/classify", body, format="json")
    assert answer.status_code == 200
    found = [each["model_version"] for each in answer.json()["results"]]
    treated = [variant_of(experiment.salt, user, (0.5, 0.5)) == 1 for user in users]
    assert [name == other_version.name for name in found] == treated


def test_a_user_id_of_10_kb_is_refused_with_its_place(
    api: APIClient, make_experiment: Make
) -> None:
    start(make_experiment())
    body = {
        "transactions": [
            {"description": "x", "user_id": "u"},
            {"description": "x", "user_id": "u" * 10_000},
        ]
    }
    answer = api.post("/api/v1/classify", body, format="json")
    assert answer.status_code == 400
    assert [error["attr"] for error in answer.json()["errors"]] == ["transactions.1.user_id"]
    assert not Exposure.objects.exists()


def test_a_category_that_is_switched_off_meanwhile_loses_no_exposure(
    make_experiment: Make,
) -> None:
    start(make_experiment())
    classify_transactions(requests())
    Category.objects.filter(slug="coffee-shops").update(is_active=False)
    classify_transactions(requests())
    assert Exposure.objects.count() == Prediction.objects.count() == 48


def test_a_category_that_was_answered_cannot_be_deleted(make_experiment: Make) -> None:
    start(make_experiment())
    classify_transactions(requests())
    answered = Prediction.objects.filter(category__isnull=False)[0].category
    assert answered is not None
    with pytest.raises(ProtectedError):
        answered.delete()
    assert Exposure.objects.count() == 24


def test_an_experiment_that_served_anybody_cannot_be_deleted(make_experiment: Make) -> None:
    experiment = make_experiment()
    start(experiment)
    classify_transactions(requests())
    with pytest.raises(ProtectedError):
        experiment.delete()
    assert Experiment.objects.filter(pk=experiment.pk).exists()


def test_exposures_are_counted_by_experiment_and_variant_once_they_are_stored(
    make_experiment: Make, django_capture_on_commit_callbacks: Any
) -> None:
    experiment = make_experiment()
    start(experiment)
    before = _counted(experiment)
    with django_capture_on_commit_callbacks() as stored:
        classify_transactions(requests())
    assert _counted(experiment) == before
    for count in stored:
        count()
    served = Counter(Exposure.objects.values_list("variant__key", flat=True))
    assert len(served) == 2
    assert _counted(experiment) - before == served


def _counted(experiment: Experiment) -> Counter[str]:
    """Exposures of each variant, as the metrics count them."""
    counted: Counter[str] = Counter()
    for variant in experiment.variants.all():
        labels = {"experiment": experiment.key, "variant": variant.key}
        value = REGISTRY.get_sample_value("txcat_experiment_exposures_total", labels)
        counted[variant.key] = int(value or 0)
    return counted
