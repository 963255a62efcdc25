"""Hold versions against the performance targets."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils.timezone import localtime

from classifier.engine.machine import this_machine
from classifier.models import BenchmarkResult, ModelVersion, VersionComparison
from classifier.services.targets import performance_targets

BYTES_PER_MB = 1024 * 1024
# What the fields of a machine are called.
NAMES = {"cpu": "CPU", "cpus": "CPUs"}


class Outcome(StrEnum):
    MET = "met"
    MISSED = "missed"
    UNKNOWN = "cannot_say"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class TargetResult:
    """One target and what was found of a version, as numbers and in words.

    `key` is the target's field, `value` None where the outcome is UNKNOWN: `note` is then the
    reason and `found` empty; else `note` says where the figure comes from.
    """

    key: str
    name: str
    limit: float
    value: float | None
    outcome: Outcome
    wanted: str
    found: str
    note: str

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name}. {self.note}"
        return f"{self.name} {self.found}, wanted {self.wanted}"


@dataclass(frozen=True, slots=True)
class Readiness:
    """A version's results, one for each target that is set."""

    version: str
    results: tuple[TargetResult, ...]

    @property
    def missed(self) -> tuple[TargetResult, ...]:
        return self._with(Outcome.MISSED)

    @property
    def unknown(self) -> tuple[TargetResult, ...]:
        return self._with(Outcome.UNKNOWN)

    def _with(self, outcome: Outcome) -> tuple[TargetResult, ...]:
        return tuple(result for result in self.results if result.outcome is outcome)


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value and where it is from; or None, and why there is none."""

    value: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one version."""

    version: ModelVersion
    active: ModelVersion | None
    benchmarks: list[BenchmarkResult]
    comparison: VersionComparison | None


@dataclass(frozen=True, slots=True)
class Target:
    key: str
    name: str
    show: Callable[[float], str]
    measure: Callable[[Evidence], Figure]

    def judge(self, limit: float, evidence: Evidence) -> TargetResult:
        figure = self.measure(evidence)
        is_maximum = self.key.startswith("max_")
        if figure.value is None:
            outcome, found = Outcome.UNKNOWN, ""
        else:
            is_met = figure.value <= limit if is_maximum else figure.value >= limit
            outcome, found = Outcome.MET if is_met else Outcome.MISSED, self.show(figure.value)
        wanted = f"at {'most' if is_maximum else 'least'} {self.show(limit)}"
        return TargetResult(
            self.key, self.name, limit, figure.value, outcome, wanted, found, figure.note
        )


def check_readiness(version: ModelVersion) -> Readiness:
    """Hold a version against each target that is set."""
    return check_all([version])[version.pk]


def check_all(versions: Collection[ModelVersion]) -> dict[int, Readiness]:
    """By primary key, in a number of queries that their number does not change."""
    targets = performance_targets()
    limits = [(target, getattr(targets, target.key)) for target in TARGETS]
    active = ModelVersion.objects.active().only("name").first()
    benchmarks = _newest_benchmarks({version.encoder_id for version in versions})
    comparisons = _newest_comparisons([version.pk for version in versions], active)
    checked = {}
    for version in versions:
        evidence = Evidence(
            version,
            active,
            [result for result in benchmarks if result.encoder_id == version.encoder_id],
            comparisons.get(version.pk),
        )
        results = [target.judge(limit, evidence) for target, limit in limits if limit is not None]
        checked[version.pk] = Readiness(version.name, tuple(results))
    return checked


def _newest_benchmarks(encoder_ids: Collection[int]) -> list[BenchmarkResult]:
    """Of each encoder the newest result a kind of machine and thread settings, newest first."""
    newest = (
        BenchmarkResult.objects.order_by()
        .filter(encoder__in=encoder_ids)
        .values("encoder", "benchmark__machine_digest", "benchmark__threads", "benchmark__spinning")
        .annotate(newest=Max("id"))
        .values("newest")
    )
    chosen = BenchmarkResult.objects.filter(pk__in=newest).select_related("benchmark")
    return list(chosen.order_by("-id"))


def _newest_comparisons(
    version_ids: Collection[int], active: ModelVersion | None
) -> dict[int, VersionComparison]:
    """By version, with the one that is active."""
    newest = (
        VersionComparison.objects.order_by()
        .filter(version__in=version_ids, against=active.pk if active else None)
        .values("version")
        .annotate(newest=Max("id"))
        .values("newest")
    )
    chosen = VersionComparison.objects.filter(pk__in=newest).defer("samples")
    return {comparison.version_id: comparison for comparison in chosen}


def _benchmarked(
    measure: Callable[[BenchmarkResult], float | None],
) -> Callable[[Evidence], Figure]:
    def figure(evidence: Evidence) -> Figure:
        if not evidence.benchmarks:
            return Figure(None, "Its encoder has not been benchmarked.")
        here = [each for each in evidence.benchmarks if not _difference(each)]
        if not here:
            return Figure(None, _difference(evidence.benchmarks[0]))
        benchmark = here[0].benchmark
        day = localtime(benchmark.created_at).date().isoformat()
        value = measure(here[0])
        return Figure(value, f"{benchmark}, {day}{'' if value is not None else ', does not tell'}")

    return figure


def _difference(result: BenchmarkResult) -> str:
    """Why a result says nothing of an engine here; empty where it does."""
    benchmark, here = result.benchmark, this_machine()
    if benchmark.machine_digest != here.digest:
        described = here.as_json()
        differing = [
            f"{NAMES.get(name, name)} {_words(theirs)}, here {_words(described.get(name))}"
            for name, theirs in benchmark.machine.items()
            if described.get(name) != theirs
        ]
        return f"Benchmarked on another machine ({'; '.join(differing) or 'of another digest'})."
    if (benchmark.threads, benchmark.spinning) != (
        settings.ENGINE_THREADS,
        settings.ENGINE_SPINNING,
    ):
        return (
            f"Benchmarked with {_threads(benchmark.threads, benchmark.spinning)}; the engine here "
            f"has {_threads(settings.ENGINE_THREADS, settings.ENGINE_SPINNING)}."
        )
    return ""


def _words(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _threads(count: int, is_spinning: bool) -> str:
    spinning = "spinning " if is_spinning else ""
    return f"{count} {spinning}{'thread' if count == 1 else 'threads'}"


def _accuracy(evidence: Evidence) -> Figure:
    version = evidence.version
    return Figure(version.accuracy, f"On its {version.example_count:,} examples.")


def _calibration_error(evidence: Evidence) -> Figure:
    version = evidence.version
    return Figure(version.calibration_error, f"On its {version.example_count:,} examples.")


def _decisions_changed(evidence: Evidence) -> Figure:
    active, comparison = evidence.active, evidence.comparison
    if active is None:
        return Figure(None, "No version is active that it could be compared with.")
    if active.pk == evidence.version.pk:
        return Figure(0.0, "It is the active version.")
    if comparison is None:
        return Figure(None, f"It has not been compared with {active}, which is active now.")
    return Figure(
        comparison.share_changed,
        f"{comparison.changed:,} of {comparison.texts:,} {comparison.get_source_display()}, "
        f"compared with {active}.",
    )


def _memory_mb(result: BenchmarkResult) -> float | None:
    peak = result.peak_memory_bytes
    return None if peak is None else peak / BYTES_PER_MB


def _percent(share: float) -> str:
    # Four digits: what misses a target by a little must not look as if it met it.
    return f"{100 * share:.4g}%"


TARGETS = (
    Target("min_accuracy", "Out-of-sample accuracy", _percent, _accuracy),
    Target(
        "max_calibration_error", "Calibration error", lambda value: f"{value:.3g}",
        _calibration_error,
    ),
    Target("max_decisions_changed", "Decisions changed", _percent, _decisions_changed),
    Target(
        "max_p95_latency_ms", "p95 latency", lambda value: f"{value:.4g} ms",
        _benchmarked(lambda result: result.p95_ms),
    ),
    Target(
        "min_throughput", "Throughput", lambda value: f"{value:,.1f} texts/s",
        _benchmarked(lambda result: result.texts_per_second),
    ),
    Target(
        "max_memory_mb", "Memory", lambda value: f"{value:,.1f} MB",
        _benchmarked(_memory_mb),
    ),
)  # fmt: skip
