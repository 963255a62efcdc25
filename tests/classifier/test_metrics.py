"""What the classifier counts."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from prometheus_client import REGISTRY
from pytest_django import Settings
from rest_framework.test import APIClient

from classifier import runtime
from classifier.exceptions import BundleError
from classifier.models import Activation, ModelVersion
from classifier.services.predictions import TransactionRequest, classify_transactions
from tests.artifacts import move_artifacts, spoil
from tests.processes import ROOT
from tests.rows import twin_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted() -> Callable[..., float]:
    """A function from a sample's name and labels to what was added since the test began."""
    before = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
    }

    def since(name: str, **labels: str) -> float:
        now = REGISTRY.get_sample_value(name, labels) or 0
        return now - before.get((name, tuple(sorted(labels.items()))), 0)

    return since


def test_a_prediction_counts_by_version_group_level_and_annotator(
    counted: Callable[..., float], active_version: ModelVersion
) -> None:
    texts = ["NETFLIX.COM", "NETFLIX.COM", "TESCO STORES 2041", "0000 1111"]
    answers = classify_transactions([TransactionRequest(text) for text in texts])
    alike = [
        {
            "version": active_version.name,
            "category_group": category.primary_slug if category else "none",
            "level": answer.decision.level.value,
            "annotator": "model",
        }
        for answer in answers
        for category in [answer.decision.category]
    ]
    assert [counted("txcat_predictions_total", **labels) for labels in alike] == [2, 2, 1, 1]


def test_a_request_is_observed_once_in_each_stage_whatever_its_size(
    counted: Callable[..., float],
) -> None:
    classify_transactions([TransactionRequest("NETFLIX.COM"), TransactionRequest("TESCO")])
    for stage in ("tokenize", "encode", "decide", "record"):
        assert counted("txcat_stage_seconds_count", stage=stage) == 1
        assert 0 < counted("txcat_stage_seconds_sum", stage=stage) < 60
    assert counted("txcat_batch_transactions_count") == 1
    assert counted("txcat_batch_transactions_sum") == 2


def test_the_cache_is_counted_as_it_counts_itself(counted: Callable[..., float]) -> None:
    for _ in range(3):
        classify_transactions([TransactionRequest("NETFLIX.COM"), TransactionRequest("TESCO")])
    stats = runtime.get().cache.stats()
    assert counted("txcat_cache_hits_total") == stats.hits == 4
    assert counted("txcat_cache_misses_total") == stats.misses == 2
    assert REGISTRY.get_sample_value("txcat_cache_entries") == stats.entries == 2
    assert REGISTRY.get_sample_value("txcat_cache_bytes") == stats.size_bytes


def test_a_version_that_is_loaded_and_served_counts(counted: Callable[..., float]) -> None:
    runtime.get().serving()
    assert counted("txcat_engine_loads_total", outcome="loaded") == 1
    assert counted("txcat_engine_swaps_total") == 1
    assert counted("txcat_engine_fallbacks_total") == 0


def test_that_no_load_has_failed_is_told_before_one_does() -> None:
    """Of a new process."""
    told = "from classifier import metrics; from prometheus_client import generate_latest as told; "
    command = [sys.executable, "-c", f"{told}print(told().decode())"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert 'txcat_engine_loads_total{outcome="failed"} 0.0' in said


def test_a_version_that_cannot_be_loaded_counts_as_failed(
    counted: Callable[..., float], active_version: ModelVersion
) -> None:
    candidate = twin_of(active_version)
    spoil(candidate)
    with pytest.raises(BundleError):
        runtime.get().engine_for(candidate)
    assert counted("txcat_engine_loads_total", outcome="failed") == 1
    assert counted("txcat_engine_loads_total", outcome="loaded") == 0


def test_an_activation_that_cannot_be_followed_counts_once(
    counted: Callable[..., float], active_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = twin_of(active_version)
    spoil(candidate)
    held = runtime.get()
    held.refresh()
    Activation.objects.create(to_version=candidate)
    monkeypatch.setattr(runtime, "RETRY_SECONDS", 0.0)
    for _ in range(3):
        held.refresh()
    assert held.known_status().serving == active_version.name
    assert counted("txcat_engine_fallbacks_total") == 1
    assert counted("txcat_engine_loads_total", outcome="failed") == 3


def test_an_activation_counts_where_no_version_can_be_loaded(
    counted: Callable[..., float], settings: Settings, tmp_path: Path
) -> None:
    move_artifacts(settings, tmp_path)
    runtime.get().refresh()
    assert runtime.get().known_status().serving is None
    assert counted("txcat_engine_fallbacks_total") == 1


def refuse(kind: type[Exception]) -> Any:
    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("INSERT INTO"):
            raise kind("refused")
        return run(sql, params, many, context)

    return execute


def test_an_error_counts_by_the_class_that_refuses(
    counted: Callable[..., float], api: APIClient
) -> None:
    api.post("/api/v1/classify", {"transactions": []})
    api.post("/api/v1/classify", {"transactions": [{}]})
    api.get("/api/v1/predictions/018f0000-0000-7000-8000-000000000000")
    api.get("/api/v1/classify")
    assert counted("txcat_errors_total", kind="ValidationError") == 2
    assert counted("txcat_errors_total", kind="UnknownError") == 1
    assert counted("txcat_errors_total", kind="MethodNotAllowed") == 1


class SomebodysOwnError(Exception):
    """Of a library, or a bug."""


@pytest.mark.parametrize(
    ("kind", "said"), [(OperationalError, "DatabaseError"), (SomebodysOwnError, "Unexpected")]
)
def test_errors_of_others_have_two_names(
    counted: Callable[..., float], api: APIClient, kind: type[Exception], said: str
) -> None:
    api.raise_request_exception = False
    with connection.execute_wrapper(refuse(kind)):
        api.post("/api/v1/classify", {"transactions": [{"description": "TESCO"}]})
    assert counted("txcat_errors_total", kind=said) == 1


def test_what_is_not_stored_is_not_counted(counted: Callable[..., float]) -> None:
    with connection.execute_wrapper(refuse(OperationalError)), pytest.raises(OperationalError):
        classify_transactions([TransactionRequest("NETFLIX.COM")])
    assert counted("txcat_batch_transactions_count") == 0
