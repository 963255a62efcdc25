"""What encoders take on a machine: the rows of benchmark runs, and the newest word of each."""

from dataclasses import dataclass

from django.db.models import Prefetch

from classifier.engine.machine import this_machine
from classifier.models import BenchmarkResult, Encoder

# The results of each encoder with their runs, oldest first, for `newest_result`.
WITH_BENCHMARKS = Prefetch(
    "benchmark_results", BenchmarkResult.objects.select_related("benchmark").order_by("id")
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A result; `is_here` where it is from a machine like this one."""

    result: BenchmarkResult
    is_here: bool


def newest_result(encoder: Encoder) -> Measured | None:
    """The newest from a machine like this one, else the newest; None before any.

    Asks no query of an encoder that was read WITH_BENCHMARKS.
    """
    here = this_machine().digest
    newest: Measured | None = None
    for result in encoder.benchmark_results.all():
        measured = Measured(result, result.benchmark.machine_digest == here)
        if newest is None or measured.is_here or not newest.is_here:
            newest = measured
    return newest
