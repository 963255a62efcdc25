"""How many processes and threads, and which encoder, do most on this machine."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser

from classifier.exceptions import ConflictError
from classifier.jobs.queue import enqueue
from classifier.models import Encoder, Job
from classifier.services.encoders import choose_encoder

if TYPE_CHECKING:
    from classifier.jobs.context import JobContext


def enqueue_autotune(started_by: AbstractBaseUser | None = None) -> Job:
    """Queue an autotune. Raises ConflictError where one is unfinished."""
    return enqueue(Job.Kind.AUTOTUNE, started_by=started_by)


def run_autotune(context: "JobContext") -> dict[str, Any]:
    """The work of an AUTOTUNE job. Nothing is changed; `apply_tuning` does that."""
    from classifier.services.autotune import autotune_here

    return autotune_here(context)


def apply_tuning(job: Job, *, by: AbstractBaseUser | None = None) -> Path:
    """Write what an autotune job chose: processes and threads for machines like the one it ran
    on, read when a server starts; and its encoder, for versions built from now on.

    Returns the file. Raises ConflictError where the job chose nothing.
    """
    choice = job.result.get("choice")
    if job.status != Job.Status.SUCCEEDED or not choice:
        raise ConflictError(f"{job} has chosen nothing.")
    path: Path = settings.TUNING_DIR / job.result["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    chosen = {"web_processes": choice["processes"], "engine_threads": choice["threads"]}
    draft.write_text(json.dumps(chosen) + "\n")
    draft.replace(path)
    encoder = Encoder.objects.get(pk=choice["encoder"])
    choose_encoder(encoder, by=by, reason=f"{job}: {job.result['reason']}"[:500])
    job.events.create(
        text=f"Applied: {chosen['web_processes']} processes × {chosen['engine_threads']} threads, "
        f"{encoder}.",
        by=by,
    )
    return path
