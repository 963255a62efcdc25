"""What processes counted, summed over all of them."""

from collections.abc import Iterable
from typing import Any

from monitoring.collectors.seen import Seen
from monitoring.detectors.quantiles import Sums, added
from monitoring.models import Process, ProcessSample


def processes_seen(samples: Iterable[ProcessSample], seconds: float) -> list[Seen]:
    """By the samples of so many seconds. Nothing where none came: what was not counted is not zero.

    Requests are those of web processes; while all of these are silent, nothing is known of them.
    """
    every, web = [], []
    for sample in samples:
        every.append(sample.counts)
        if sample.process.role == Process.Role.WEB:
            web.append(sample.counts)
    return [*_requests(web, seconds), *_work(every, seconds)]


def _requests(counts: list[dict[str, Any]], seconds: float) -> list[Seen]:
    if not counts:
        return []
    requests, errors = _total(counts, "requests"), _total(counts, "server_errors")
    histogram = added([each["request_seconds"] for each in counts])
    timed = sum(sum(each["request_seconds"]) for each in counts)
    spent = _total(counts, "request_seconds_sum")
    return [
        Seen("requests", Sums(int(requests), errors, seconds)),
        Seen("request_seconds", Sums(timed, spent, seconds, histogram)),
    ]


def _work(counts: list[dict[str, Any]], seconds: float) -> list[Seen]:
    if not counts:
        return []
    hits, misses = _total(counts, "cache_hits"), _total(counts, "cache_misses")
    return [
        Seen("cache_lookups", Sums(int(hits + misses), hits, seconds)),
        Seen("cpu", Sums(len(counts), _total(counts, "cpu_seconds"), seconds)),
    ]


def _total(counts: list[dict[str, Any]], name: str) -> float:
    return float(sum(each[name] for each in counts))
