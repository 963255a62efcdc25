"""All kinds of encoders from one model: made, validated, benchmarked, the best one chosen.

Worker only: imports torch when called.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser

from classifier.artifacts import encoder_folder
from classifier.engine.kinds import DERIVED_KINDS, Kind
from classifier.exceptions import EncoderError, InvalidItemError
from classifier.jobs.queue import enqueue
from classifier.models import Encoder, Job
from classifier.progress import Progress, part, silent
from classifier.services.benchmarks import benchmark_encoders
from classifier.services.encoders import (
    choose_encoder,
    derive_encoder,
    prepare_encoder,
    validation_sample,
)

if TYPE_CHECKING:
    from classifier.export.benchmark import Benchmark as Found
    from classifier.export.recommendation import Recommendation
    from classifier.export.validation import Validation
    from classifier.jobs.context import JobContext

# Shares of the work at which the export ends, its vectors are there, and the last kind is made.
EXPORTED, EMBEDDED, DERIVED = 0.2, 0.25, 0.85


@dataclass(frozen=True)
class Prepared:
    """The encoders of one model, FP32 first, and the one that versions are built with from now
    on. `refused` has, by kind, why one was not made; `passed_over`, by name, why one was not
    chosen."""

    encoders: tuple[Encoder, ...]
    chosen: Encoder
    reason: str
    passed_over: dict[str, str]
    refused: dict[str, str]


def enqueue_prepare(
    *,
    name: str = "",
    source: str = "",
    kinds: Sequence[str],
    started_by: AbstractBaseUser | None = None,
) -> Job:
    """Queue a preparation. Raises ConflictError where one is unfinished, InvalidItemError for an
    unknown kind."""
    for kind in kinds:
        if kind not in DERIVED_KINDS:
            known = ", ".join(DERIVED_KINDS)
            raise InvalidItemError("kinds", f"“{kind}” is none of {known}.", "unknown")
    parameters = {"name": name, "source": source, "kinds": list(kinds)}
    return enqueue(Job.Kind.PREPARE_ENCODERS, parameters, started_by=started_by)


def run_prepare(context: "JobContext") -> dict[str, Any]:
    """The work of a PREPARE_ENCODERS job."""
    parameters = context.parameters
    prepared = prepare_encoders(
        name=parameters["name"] or None,
        source=Path(parameters["source"]) if parameters["source"] else None,
        kinds=[Kind(kind) for kind in parameters["kinds"]],
        by=context.started_by,
        job=context.job,
        report=context,
    )
    for kind, why in prepared.refused.items():
        context.log(f"{kind} was not made: {why}")
    for name, why in prepared.passed_over.items():
        context.log(f"{name} was not chosen: {why}")
    return {
        "encoders": [encoder.pk for encoder in prepared.encoders],
        "chosen": prepared.chosen.pk,
        "message": f"{prepared.chosen} is chosen: {prepared.reason}",
    }


def prepare_encoders(
    *,
    name: str | None = None,
    source: Path | None = None,
    kinds: Sequence[Kind],
    by: AbstractBaseUser | None = None,
    job: Job | None = None,
    report: Progress = silent,
) -> Prepared:
    """Export a model, derive `kinds` of it, measure all of them, choose the best.

    With no kinds the FP32 export is chosen, unmeasured. A kind that cannot be made of this model
    is left out, and said so. Raises EncoderError where the model cannot be exported,
    UnavailableError where encoders cannot be kept.
    """
    from classifier.export.validation import embed_sample

    exporting = part(report, 0.0, EXPORTED, Kind.FP32.label)
    reference = prepare_encoder(name=name, source=source, by=by, report=exporting)
    if not kinds:
        choose_encoder(reference, by=by, reason="prepared alone")
        return Prepared((reference,), reference, "No other kind was wanted.", {}, {})
    sample = validation_sample()
    embedding = part(report, EXPORTED, EMBEDDED, "reference")
    embedded = embed_sample(encoder_folder(reference), sample, embedding)
    judged: list[tuple[Encoder, Validation | None]] = [(reference, None)]
    refused = {}
    step = (DERIVED - EMBEDDED) / len(kinds)
    for place, kind in enumerate(kinds):
        start = EMBEDDED + place * step
        deriving = part(report, start, start + step, kind.label)
        try:
            judged.append(
                derive_encoder(embedded, kind, sample, of=reference, by=by, report=deriving)
            )
        except EncoderError as error:
            refused[kind.label] = str(error)
    encoders = [encoder for encoder, _ in judged]
    measuring = part(report, DERIVED, 1.0, "benchmark")
    _, found = benchmark_encoders(encoders, by=by, job=job, report=measuring)
    recommendation = _recommend(judged, found)
    chosen = next(each for each in encoders if str(each) == recommendation.choice)
    choose_encoder(chosen, by=by, reason=recommendation.reason)
    passed_over = {each.name: each.reason for each in recommendation.others}
    return Prepared(tuple(encoders), chosen, recommendation.reason, passed_over, refused)


def _recommend(
    judged: "Sequence[tuple[Encoder, Validation | None]]", found: "Found"
) -> "Recommendation":
    """The row of each keeps why it may not be chosen, for autotune."""
    from classifier.export.recommendation import Artifact, Limits, recommend, refusal

    artifacts = []
    for encoder, validation in judged:
        name = str(encoder)
        artifact = Artifact(name, validation is None, validation, found.of(name))
        artifacts.append(artifact)
        encoder.refusal = refusal(artifact, Limits()) or ""
        encoder.save(update_fields=["refusal"])
    return recommend(artifacts)
