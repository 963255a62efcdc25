"""Holding a version against the performance targets: met, missed, or why it cannot be said."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from classifier.engine.machine import this_machine
from classifier.models import (
    Benchmark,
    BenchmarkResult,
    Encoder,
    ModelVersion,
    PerformanceTargets,
    VersionComparison,
)
from classifier.services.readiness import (
    TARGETS,
    Outcome,
    TargetResult,
    check_all,
    check_readiness,
)
from classifier.services.targets import performance_targets
from tests.rows import copy_of

pytestmark = pytest.mark.django_db

MEASURED_HERE = ("max_p95_latency_ms", "min_throughput", "max_memory_mb")
Result = Callable[..., TargetResult]


@pytest.fixture
def candidate(active_version: ModelVersion) -> ModelVersion:
    return copy_of(active_version, name="next", status=ModelVersion.Status.CANDIDATE)


def set_target(**limits: float | None) -> None:
    performance_targets()
    PerformanceTargets.objects.update(**limits)


def benchmark(encoder: Encoder, p95_ms: float = 20.0, **changes: Any) -> BenchmarkResult:
    """A run on this machine as the engine here is set, but for `changes`."""
    run = {
        "machine_digest": this_machine().digest,
        "machine": this_machine().as_json(),
        "threads": 1,
        "spinning": False,
        **changes,
    }
    return BenchmarkResult.objects.create(
        benchmark=Benchmark.objects.create(**run),
        encoder=encoder,
        contender=str(encoder),
        p50_ms=p95_ms / 2,
        p95_ms=p95_ms,
        p99_ms=p95_ms * 2,
        texts_per_second=200.0,
        load_ms=100.0,
        peak_memory_bytes=300 * 1024 * 1024,
        size_bytes=90_000_000,
    )


def compare(version: ModelVersion, against: ModelVersion, changed: int) -> VersionComparison:
    return VersionComparison.objects.create(
        version=version,
        against=against,
        source=VersionComparison.Source.EXAMPLES,
        texts=1000,
        changed=changed,
        changed_low=0.0,
        changed_high=1.0,
    )


def result_of(version: ModelVersion, key: str) -> TargetResult:
    (result,) = [each for each in check_readiness(version).results if each.key == key]
    return result


def test_every_target_is_judged_and_none_that_is_not_set(active_version: ModelVersion) -> None:
    keys = [target.key for target in TARGETS]
    limits = {field.name for field in PerformanceTargets._meta.fields if field.null}
    assert set(keys) == limits
    assert [result.key for result in check_readiness(active_version).results] == keys
    set_target(**dict.fromkeys(keys))
    assert check_readiness(active_version).results == ()


@pytest.mark.parametrize(
    ("limit", "outcome"), [(0.5, Outcome.MET), (0.99, Outcome.MISSED), (None, None)]
)
def test_accuracy_is_the_versions_own(
    limit: float | None, outcome: Outcome | None, active_version: ModelVersion
) -> None:
    set_target(min_accuracy=limit)
    outcomes = {result.key: result.outcome for result in check_readiness(active_version).results}
    assert outcomes.get("min_accuracy") == outcome


def test_a_result_says_what_is_wanted_and_what_was_found(active_version: ModelVersion) -> None:
    set_target(min_accuracy=0.99)
    result = result_of(active_version, "min_accuracy")
    assert (result.limit, result.value) == (0.99, active_version.accuracy)
    assert result.wanted == "at least 99%"
    assert result.found == f"{100 * active_version.accuracy:.4g}%"
    assert result.note == f"On its {active_version.example_count:,} examples."


def test_a_figure_that_reaches_the_limit_exactly_meets_it(active_version: ModelVersion) -> None:
    set_target(
        min_accuracy=active_version.accuracy,
        max_calibration_error=active_version.calibration_error,
    )
    assert result_of(active_version, "min_accuracy").outcome is Outcome.MET
    assert result_of(active_version, "max_calibration_error").outcome is Outcome.MET


def test_what_misses_by_a_little_does_not_look_as_if_it_met(active_version: ModelVersion) -> None:
    set_target(min_accuracy=active_version.accuracy + 0.0004)
    result = result_of(active_version, "min_accuracy")
    assert result.outcome is Outcome.MISSED
    assert result.found not in result.wanted


def test_speed_and_memory_are_those_of_the_newest_benchmark_here(
    active_version: ModelVersion,
) -> None:
    benchmark(active_version.encoder, p95_ms=500)
    benchmark(active_version.encoder, p95_ms=20)
    benchmark(active_version.encoder, p95_ms=1, machine_digest="another")
    benchmark(copy_of(active_version.encoder, digest="0" * 64), p95_ms=2)
    found = {key: result_of(active_version, key) for key in MEASURED_HERE}
    assert [result.found for result in found.values()] == ["20 ms", "200.0 texts/s", "300.0 MB"]
    assert {result.outcome for result in found.values()} == {Outcome.MET}
    set_target(max_p95_latency_ms=10, min_throughput=300, max_memory_mb=100)
    assert [result.key for result in check_readiness(active_version).missed] == [*MEASURED_HERE]


def test_without_a_benchmark_nothing_is_said_of_speed(active_version: ModelVersion) -> None:
    for key in MEASURED_HERE:
        result = result_of(active_version, key)
        assert (result.outcome, result.value, result.found) == (Outcome.UNKNOWN, None, "")
        assert result.note == "Its encoder has not been benchmarked."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"machine_digest": "x", "machine": {"cpu": "Elsewhere 9000", "features": ["avx2"]}},
            "another machine (CPU Elsewhere 9000, here",
        ),
        ({"threads": 4}, "Benchmarked with 4 threads; the engine here has 1 thread."),
        ({"spinning": True}, "with 1 spinning thread; the engine here has 1 thread."),
    ],
)
def test_a_benchmark_of_other_conditions_is_no_figure_and_says_which(
    changes: dict[str, Any], reason: str, active_version: ModelVersion
) -> None:
    benchmark(active_version.encoder, **changes)
    for key in MEASURED_HERE:
        result = result_of(active_version, key)
        assert result.outcome is Outcome.UNKNOWN
        assert reason in result.note


def test_the_threads_of_the_engine_here_are_those_that_count(
    active_version: ModelVersion, settings: Settings
) -> None:
    benchmark(active_version.encoder, threads=2)
    settings.ENGINE_THREADS = 2
    assert result_of(active_version, "max_p95_latency_ms").outcome is Outcome.MET


def test_decisions_changed_come_from_the_newest_comparison_with_the_active_version(
    active_version: ModelVersion, candidate: ModelVersion
) -> None:
    compare(candidate, active_version, changed=900)
    compare(candidate, active_version, changed=15)
    result = result_of(candidate, "max_decisions_changed")
    assert (result.outcome, result.found) == (Outcome.MET, "1.5%")
    assert "15 of 1,000 texts of the versions' examples" in result.note
    set_target(max_decisions_changed=0.01)
    assert result_of(candidate, "max_decisions_changed").outcome is Outcome.MISSED


def test_a_comparison_with_a_version_that_is_not_active_any_more_says_nothing(
    active_version: ModelVersion, candidate: ModelVersion
) -> None:
    older = copy_of(active_version, name="older", status=ModelVersion.Status.RETIRED)
    compare(candidate, older, changed=0)
    result = result_of(candidate, "max_decisions_changed")
    assert result.outcome is Outcome.UNKNOWN
    assert f"has not been compared with {active_version}, which is active now" in result.note


def test_where_nothing_is_active_there_is_nothing_to_differ_from(candidate: ModelVersion) -> None:
    ModelVersion.objects.update(status=ModelVersion.Status.CANDIDATE)
    result = result_of(candidate, "max_decisions_changed")
    assert result.outcome is Outcome.UNKNOWN
    assert "No version is active" in result.note


def test_the_active_version_does_not_differ_from_itself(active_version: ModelVersion) -> None:
    set_target(max_decisions_changed=0)
    assert result_of(active_version, "max_decisions_changed").outcome is Outcome.MET


def test_many_versions_ask_as_much_as_one(active_version: ModelVersion) -> None:
    performance_targets()
    benchmark(active_version.encoder)
    more = []
    for number in range(4):
        encoder = copy_of(active_version.encoder, digest=f"{number:064}")
        benchmark(encoder, p95_ms=number)
        status = ModelVersion.Status.CANDIDATE
        version = copy_of(active_version, name=f"w{number}", status=status, encoder=encoder)
        compare(version, active_version, changed=number)
        more.append(version)
    with CaptureQueriesContext(connection) as one:
        check_all([active_version])
    with CaptureQueriesContext(connection) as many:
        checked = check_all([active_version, *more])
    assert len(many) == len(one) == 4
    for version in (active_version, *more):
        assert checked[version.pk] == check_readiness(version)
