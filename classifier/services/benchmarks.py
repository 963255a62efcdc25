"""What encoders take on a machine: the rows of benchmark runs, and the newest word of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Prefetch

from classifier.artifacts import encoder_folder
from classifier.engine.descriptors import normalize
from classifier.engine.machine import this_machine
from classifier.exceptions import EncoderError
from classifier.jobs.queue import enqueue
from classifier.models import Benchmark, BenchmarkResult, Encoder, Job
from classifier.progress import Progress, silent
from classifier.services.encoders import chosen_encoder, weights_folder
from classifier.services.taxonomy import read_examples

if TYPE_CHECKING:
    from classifier.export.benchmark import Benchmark as Found
    from classifier.jobs.context import JobContext

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


def enqueue_benchmark(started_by: AbstractBaseUser | None = None) -> Job:
    """Queue a benchmark. Raises ConflictError where one is unfinished, EncoderError where there
    is no encoder."""
    if chosen_encoder() is None:
        raise EncoderError("There is no encoder yet: make one first.")
    return enqueue(Job.Kind.BENCHMARK_ENCODERS, started_by=started_by)


def run_benchmark(context: "JobContext") -> dict[str, Any]:
    """The work of a BENCHMARK_ENCODERS job: the newest encoder of each kind of the chosen one's
    model, and the model itself where its weights are on this machine."""
    benchmark, _ = benchmark_encoders(
        family_of_chosen(), by=context.started_by, job=context.job, report=context
    )
    names = ", ".join(result.contender for result in benchmark.results.all())
    return {"benchmark": benchmark.pk, "message": f"Measured: {names}."}


def family_of_chosen() -> list[Encoder]:
    """The chosen encoder's FP32 reference, then the newest of each kind that was made from it.

    Raises EncoderError before one was chosen.
    """
    chosen = chosen_encoder()
    if chosen is None:
        raise EncoderError("There is no encoder yet: make one first.")
    reference = chosen.reference or chosen
    newest = {encoder.precision: encoder for encoder in reference.derived.order_by("id")}
    return [reference, *(newest[precision] for precision in sorted(newest))]


def benchmark_encoders(
    encoders: Sequence[Encoder],
    *,
    by: AbstractBaseUser | None = None,
    job: Job | None = None,
    report: Progress = silent,
) -> "tuple[Benchmark, Found]":
    """Run encoders of one model in turns, the FP32 one first, and the model itself by torch
    where its weights are on this machine; store what they took.

    Returns the stored run and its figures. Raises EncoderError where one cannot run,
    UnavailableError where its files cannot be had.
    """
    from classifier.export.benchmark import Contender, Settings, benchmark
    from classifier.export.contender import TORCH

    reference = encoders[0]
    contenders = [Contender(str(encoder), encoder_folder(encoder)) for encoder in encoders]
    weights = weights_folder(reference)
    by_torch = f"{reference.name} by torch" if weights else None
    if weights and by_torch:
        contenders.append(Contender(by_torch, weights, TORCH, reference.max_tokens))
    found = benchmark(
        contenders,
        benchmark_texts(),
        report,
        # As the engine runs: else the figures would say nothing of it.
        Settings(threads=settings.ENGINE_THREADS, spinning=settings.ENGINE_SPINNING),
        fp32=str(reference),
        torch=by_torch,
    )
    machine = this_machine()
    with transaction.atomic():
        run = Benchmark.objects.create(
            machine_digest=machine.digest,
            machine=machine.as_json(),
            threads=found.settings.threads,
            spinning=found.settings.spinning,
            job=job,
            by=by,  # type: ignore[misc]
        )
        BenchmarkResult.objects.bulk_create(
            BenchmarkResult(
                benchmark=run,
                encoder=encoder,
                contender=figures.name,
                p50_ms=figures.p50_ms,
                p95_ms=figures.p95_ms,
                p99_ms=figures.p99_ms,
                texts_per_second=figures.texts_per_second,
                load_ms=figures.load_ms,
                peak_memory_bytes=figures.peak_bytes,
                size_bytes=figures.size_bytes,
                speedup_over_fp32=figures.over_fp32,
                speedup_over_torch=figures.over_torch,
            )
            for figures, encoder in zip_longest(found.figures, encoders)
        )
    return run, found


def benchmark_texts() -> list[str]:
    """The seed's descriptors in canonical form, the same for every run, in mixed order."""
    texts = sorted({normalize(text) for _, text in read_examples()})
    return [text for _, text in sorted((sha256(text.encode()).digest(), text) for text in texts)]
