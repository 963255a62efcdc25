"""How many processes and threads, and which encoder, do most on this machine."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from classifier.artifacts import encoder_folder
from classifier.exceptions import ConflictError
from classifier.jobs.queue import enqueue
from classifier.models import Encoder, Job
from classifier.progress import Progress, silent
from classifier.services.benchmarks import benchmark_texts, family_of_chosen
from classifier.services.encoders import choose_encoder

if TYPE_CHECKING:
    from classifier.export.autotune import Tuning
    from classifier.jobs.context import JobContext


def enqueue_autotune(started_by: AbstractBaseUser | None = None) -> Job:
    """Queue an autotune. Raises ConflictError where one is unfinished, EncoderError where there
    is no encoder."""
    family_of_chosen()
    return enqueue(Job.Kind.AUTOTUNE, started_by=started_by)


def run_autotune(context: "JobContext") -> dict[str, Any]:
    """The work of an AUTOTUNE job. Nothing is changed; `apply_tuning` does that."""
    encoders, tuning = autotune_here(context)
    choice = tuning.choice
    chosen = next(encoder for encoder in encoders if str(encoder) == choice.name)
    return {
        "trials": [asdict(trial) for trial in tuning.trials],
        "name": choice.name,
        "processes": choice.processes,
        "threads": choice.threads,
        "encoder": chosen.pk,
        "reason": tuning.reason,
        "file": settings.TUNING_FILE.name,
        "message": f"{tuning.reason} Not applied yet.",
    }


def autotune_here(report: Progress = silent) -> "tuple[list[Encoder], Tuning]":
    """Try the chosen encoder's family on this machine; those that change too much of the
    reference's answers cannot be chosen.

    Raises EncoderError where there is no encoder or one cannot run.
    """
    from classifier.export.autotune import Candidate, autotune

    encoders = family_of_chosen()
    candidates = [
        Candidate(str(encoder), encoder_folder(encoder), encoder.refusal or None)
        for encoder in encoders
    ]
    tuning = autotune(
        candidates, benchmark_texts(), settings.CPUS, report, spinning=settings.ENGINE_SPINNING
    )
    return encoders, tuning


def apply_tuning(job: Job, *, by: AbstractBaseUser | None = None) -> Path:
    """Keep what an autotune job chose: the encoder for versions built from now on, processes
    and threads in a file for machines like the one it ran on, read when a server starts.

    Returns the file. Raises ConflictError where the job has chosen nothing.
    """
    chosen = job.result
    if job.kind != Job.Kind.AUTOTUNE or job.status != Job.Status.SUCCEEDED:
        raise ConflictError(f"{job} has chosen nothing.")
    encoder = Encoder.objects.get(pk=chosen["encoder"])
    path = write_tuning(chosen["file"], chosen["processes"], chosen["threads"])
    choose_encoder(encoder, by=by, reason=f"autotune: {chosen['reason']}")
    job.events.create(
        text=f"Applied: {chosen['processes']} processes × {chosen['threads']} threads, {encoder}.",
        by=by,  # type: ignore[misc]
    )
    return path


def write_tuning(name: str, processes: int, threads: int) -> Path:
    """Whole or not at all: a server may start meanwhile."""
    path: Path = settings.TUNING_DIR / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps({"web_processes": processes, "engine_threads": threads}) + "\n")
    draft.replace(path)
    return path
