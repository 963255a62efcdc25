"""Encoders of every kind from one model: made, validated, benchmarked, the best one chosen.

Worker only: imports torch when called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser

from classifier.artifacts import encoder_folder, keep_folder
from classifier.engine.descriptors import normalize
from classifier.exceptions import EncoderError, InvalidItemError
from classifier.jobs.queue import enqueue
from classifier.models import Benchmark, Category, Encoder, Example, Job
from classifier.progress import Progress, part_of, silent
from classifier.services.benchmarks import benchmark_encoders
from classifier.services.encoders import choose_encoder, prepare_encoder
from classifier.services.taxonomy import read_examples, read_taxonomy

if TYPE_CHECKING:
    from classifier.export.sample import Sample
    from classifier.jobs.context import JobContext

DERIVED_KINDS = tuple(kind for kind in Encoder.Precision.values if kind != Encoder.Precision.FP32)


@dataclass(frozen=True)
class Prepared:
    """The encoders of one model, FP32 first; `refused` has, by kind, why one was not made.

    `chosen` is what versions are built with from now on, for `reason`; `passed_over` says by
    name why others are not.
    """

    encoders: tuple[Encoder, ...]
    refused: dict[str, str]
    benchmark: Benchmark | None
    chosen: Encoder
    reason: str
    passed_over: dict[str, str]


def enqueue_prepare(
    *,
    name: str = "",
    source: str = "",
    kinds: Sequence[str] = DERIVED_KINDS,
    started_by: AbstractBaseUser | None = None,
) -> Job:
    """Queue a preparation. Raises ConflictError where one is unfinished, InvalidItemError for an
    unknown kind."""
    for kind in kinds:
        if kind not in DERIVED_KINDS:
            raise InvalidItemError("kinds", f"“{kind}” is no kind of encoder.", "unknown")
    parameters = {"name": name, "source": source, "kinds": list(kinds)}
    return enqueue(Job.Kind.PREPARE_ENCODERS, parameters, started_by=started_by)


def run_prepare(context: "JobContext") -> dict[str, Any]:
    """The work of a PREPARE_ENCODERS job."""
    parameters = context.parameters
    prepared = prepare_encoders(
        name=parameters["name"] or None,
        source=Path(parameters["source"]) if parameters["source"] else None,
        kinds=parameters["kinds"],
        by=context.started_by,
        job=context.job,
        scratch=context.scratch,
        report=context,
    )
    for kind, why in prepared.refused.items():
        context.log(f"{kind} was not made: {why}")
    return {
        "encoders": [encoder.pk for encoder in prepared.encoders],
        "chosen": prepared.chosen.pk,
        "reason": prepared.reason,
        "passed_over": prepared.passed_over,
        "refused": prepared.refused,
        "message": f"{prepared.chosen} is chosen: {prepared.reason}",
    }


def prepare_encoders(
    *,
    scratch: Path,
    name: str | None = None,
    source: Path | None = None,
    kinds: Sequence[str] = DERIVED_KINDS,
    by: AbstractBaseUser | None = None,
    job: Job | None = None,
    report: Progress = silent,
) -> Prepared:
    """Export a model, derive `kinds` of it, measure all of them, choose the best.

    With no kinds the FP32 export is chosen, unmeasured. A kind that cannot be made of this model
    is left out and named. Raises EncoderError where the model cannot be exported.
    """
    from classifier.export.recommendation import recommend

    reference = prepare_encoder(
        name=name, source=source, scratch=scratch, by=by,
        report=part_of(report, 0.0, 0.2, "FP32"),
    )  # fmt: skip
    if not kinds:
        choose_encoder(reference, by=by, reason="prepared")
        return Prepared((reference,), {}, None, reference, "It is the only one.", {})
    sample = validation_sample()
    encoders, refused = [reference], {}
    share = 0.6 / len(kinds)
    for place, kind in enumerate(kinds):
        start = 0.2 + place * share
        label = Encoder.Precision(kind).label
        try:
            encoders.append(
                derive_encoder(
                    reference, kind, sample,
                    scratch=scratch, by=by, report=part_of(report, start, start + share, label),
                )
            )  # fmt: skip
        except EncoderError as error:
            refused[label] = str(error)
    benchmark = benchmark_encoders(
        encoders, by=by, job=job, report=part_of(report, 0.8, 1.0, "benchmark")
    )
    return Prepared(tuple(encoders), refused, benchmark, reference, "", {})
