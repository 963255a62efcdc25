"""What is measured: the series that snapshots hold, and the measures that are read from them.

A series is stored as sums (`monitoring.detectors.quantiles.Sums`); a measure is one statistic of
one series, and what pages plot and rules judge.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.metrics import BUCKETS
from monitoring.detectors.quantiles import Sums, quantile
from monitoring.detectors.stretch import Windows


class By(StrEnum):
    """What a series is split by; ALL is the whole."""

    ALL = ""
    VERSION = "version"
    CATEGORY = "category"
    PROCESS = "process"
    KIND = "kind"
    GUARDRAIL = "guardrail"


class Statistic(StrEnum):
    """How a value is read from sums."""

    RATE = "rate"  # total / seconds
    COUNT_RATE = "count_rate"  # count / seconds
    TOTAL = "total"
    MEAN = "mean"  # total / count: of a share, the count of what has the property over all
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"


class Unit(StrEnum):
    SHARE = "share"
    SECONDS = "seconds"
    PER_SECOND = "per_second"
    BYTES = "bytes"
    CORES = "cores"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Series:
    """`by` names the splits that are kept beside the whole: `by_minute` from the minute up,
    `by_hour` from the hour up."""

    key: str
    holds: str
    by_minute: tuple[By, ...] = ()
    by_hour: tuple[By, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """`is_high_bad` is None where neither end is."""

    key: str
    name: str
    series: str
    statistic: Statistic
    unit: Unit
    is_high_bad: bool | None

    def value(self, sums: Sums) -> float | None:
        """None where nothing was seen that the statistic could be of, or no number comes of it."""
        value = self._read(sums)
        return value if value is not None and isfinite(value) else None

    def _read(self, sums: Sums) -> float | None:
        match self.statistic:
            case Statistic.TOTAL:
                return sums.total if sums.seconds else None
            case Statistic.RATE:
                return sums.total / sums.seconds if sums.seconds else None
            case Statistic.COUNT_RATE:
                return sums.count / sums.seconds if sums.seconds else None
            case Statistic.MEAN:
                return sums.total / sums.count if sums.count else None
            case _:
                return (
                    quantile(sums.histogram, BUCKETS, PROBABILITIES[self.statistic])
                    if sums.histogram
                    else None
                )

    def values(self, windows: Windows) -> NDArray[np.float64]:
        """`value` of each, (m,); NaN where that is None."""
        with np.errstate(over="ignore", invalid="ignore"):
            values = self._read_all(windows)
        return np.where(np.isfinite(values), values, np.nan)

    def _read_all(self, windows: Windows) -> NDArray[np.float64]:
        match self.statistic:
            case Statistic.TOTAL:
                return np.where(windows.seconds != 0, windows.totals, np.nan)
            case Statistic.RATE:
                return _ratios(windows.totals, windows.seconds)
            case Statistic.COUNT_RATE:
                return _ratios(windows.counts, windows.seconds)
            case Statistic.MEAN:
                return _ratios(windows.totals, windows.counts)
            case _:
                if windows.histograms is None:
                    return np.full(len(windows.counts), np.nan)
                probability = PROBABILITIES[self.statistic]
                rows = windows.histograms.tolist()
                found = np.array(
                    [quantile(row, BUCKETS, probability) for row in rows], dtype=np.float64
                )
                return np.where(windows.is_mixed, np.nan, found)


def _ratios(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    ratios = np.full(len(above), np.nan)
    np.divide(above, below, out=ratios, where=below != 0)
    return ratios


PROBABILITIES = {Statistic.P50: 0.5, Statistic.P95: 0.95, Statistic.P99: 0.99}
_TRAFFIC = (By.VERSION,)
_CATEGORY = (By.CATEGORY,)

SERIES = {
    series.key: series
    for series in (
        # From the rows of predictions: count is predictions, or those that have a confidence.
        Series("predictions", "count and total: predictions", _TRAFFIC, _CATEGORY),
        Series("confidence", "total: confidences of answers with a category", _TRAFFIC, _CATEGORY),
        Series("low_level", "total: answers of level low", _TRAFFIC, _CATEGORY),
        Series("abstentions", "total: predictions without a category", _TRAFFIC),
        # From what people said, when they said it: count is judged predictions, total right ones.
        Series("accuracy_feedback", "total: right by feedback", _TRAFFIC),
        Series("accuracy_audit", "total: audited and right by review", _TRAFFIC),
        # From the counters of processes.
        Series("requests", "count: API requests, total: those answered with 5xx"),
        Series("request_seconds", "seconds of API requests, with a histogram"),
        Series("cache_lookups", "count: look-ups of the embedding cache, total: hits"),
        Series("cpu", "total: CPU seconds of all processes; its rate is cores in use"),
        # States, seen once a minute: count is 1 a look, total the value that was seen.
        Series("memory", "total: resident bytes; of the whole, of all processes", (By.PROCESS,)),
        Series("processes", "total: web and worker processes that live"),
        Series("queue_age", "total: seconds that the oldest task waits"),
        Series("queue_depth", "total: tasks that wait"),
        Series("worker_silence", "total: seconds since a worker was last heard"),
        Series("engine_fallbacks", "total: web processes without the active version"),
        Series("version_skew", "total: versions served by web processes, less one"),
        Series(
            "guardrail_stops",
            "total: guard rails of experiments that are passed; of one, 1 or 0",
            (By.GUARDRAIL,),
        ),
        Series("failed_jobs", "total: jobs that ended as failed"),
        Series("disk_free", "total: free share of the data directory's disk"),
        # A distance from the reference, when it was last measured.
        Series("drift", "total: distance over its threshold", (By.KIND,)),
    )
}

MEASURES = {
    measure.key: measure
    for measure in (
        Measure("error_rate", "Error rate", "requests", Statistic.MEAN, Unit.SHARE, True),
        Measure(
            "p50_latency", "Median latency", "request_seconds", Statistic.P50, Unit.SECONDS, True
        ),
        Measure("p95_latency", "p95 latency", "request_seconds", Statistic.P95, Unit.SECONDS, True),
        Measure("p99_latency", "p99 latency", "request_seconds", Statistic.P99, Unit.SECONDS, True),
        Measure(
            "throughput",
            "Predictions a second",
            "predictions",
            Statistic.RATE,
            Unit.PER_SECOND,
            False,
        ),
        Measure("predictions", "Predictions", "predictions", Statistic.TOTAL, Unit.NUMBER, None),
        Measure(
            "request_rate",
            "API requests a second",
            "requests",
            Statistic.COUNT_RATE,
            Unit.PER_SECOND,
            None,
        ),
        Measure(
            "accuracy_feedback",
            "Accuracy from feedback",
            "accuracy_feedback",
            Statistic.MEAN,
            Unit.SHARE,
            False,
        ),
        Measure(
            "accuracy_audit",
            "Accuracy from the audit",
            "accuracy_audit",
            Statistic.MEAN,
            Unit.SHARE,
            False,
        ),
        Measure(
            "mean_confidence",
            "Estimated accuracy (mean confidence)",
            "confidence",
            Statistic.MEAN,
            Unit.SHARE,
            False,
        ),
        Measure(
            "low_confidence_share",
            "Low-confidence share",
            "low_level",
            Statistic.MEAN,
            Unit.SHARE,
            True,
        ),
        Measure(
            "abstention_share", "Abstention share", "abstentions", Statistic.MEAN, Unit.SHARE, True
        ),
        Measure(
            "cache_hit_rate", "Cache hit rate", "cache_lookups", Statistic.MEAN, Unit.SHARE, False
        ),
        Measure(
            "engine_fallbacks",
            "Web processes without the active version",
            "engine_fallbacks",
            Statistic.MEAN,
            Unit.NUMBER,
            True,
        ),
        Measure("cpu", "CPU in use", "cpu", Statistic.RATE, Unit.CORES, True),
        Measure("memory", "Memory", "memory", Statistic.MEAN, Unit.BYTES, True),
        Measure("processes", "Processes", "processes", Statistic.MEAN, Unit.NUMBER, False),
        Measure("queue_age", "Age of the queue", "queue_age", Statistic.MEAN, Unit.SECONDS, True),
        Measure("queue_depth", "Tasks that wait", "queue_depth", Statistic.MEAN, Unit.NUMBER, True),
        Measure(
            "worker_silence",
            "Silence of the worker",
            "worker_silence",
            Statistic.MEAN,
            Unit.SECONDS,
            True,
        ),
        Measure("version_skew", "Version skew", "version_skew", Statistic.MEAN, Unit.NUMBER, True),
        Measure(
            "guardrail_stops",
            "Guard rails that were passed",
            "guardrail_stops",
            Statistic.MEAN,
            Unit.NUMBER,
            True,
        ),
        Measure("failed_jobs", "Failed jobs", "failed_jobs", Statistic.TOTAL, Unit.NUMBER, True),
        Measure("disk_free", "Free disk", "disk_free", Statistic.MEAN, Unit.SHARE, False),
        Measure("drift", "Drift, over its threshold", "drift", Statistic.MEAN, Unit.NUMBER, True),
    )
}
