"""Run a job in a worker: claim it, do its work, write how it ended."""

import os
import socket
import sys
from typing import Any
from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from classifier.exceptions import ClassifierError
from classifier.jobs.context import JobCancelledError, JobContext, JobLostError
from classifier.jobs.kinds import kind_of
from classifier.jobs.transitions import change_status
from classifier.models import Job

RUNNING = [Job.Status.RUNNING]


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def run_job(job_id: int) -> None:
    """Run a queued job to its end. A job that another worker has taken is left alone.

    However it ends, its row says so: an error that nobody expected is written there and raised.
    """
    claim = uuid4()
    now = timezone.now()
    claimed = change_status(
        job_id,
        [Job.Status.QUEUED],
        Job.Status.RUNNING,
        text=f"Taken by {worker_name()}.",
        claim=claim,
        attempts=F("attempts") + 1,
        worker=worker_name(),
        heartbeat_at=now,
        started_at=now,
        progress=0.0,
        message="",
    )
    if not claimed:
        return
    job = Job.objects.select_related("started_by", "api_key").get(pk=job_id)

    def end(status: Job.Status, text: str, **fields: Any) -> None:
        change_status(job_id, RUNNING, status, held_by=claim, text=text, **fields)

    is_finished = False
    try:
        with JobContext(job, claim, kind_of(job).seconds) as context:
            result = kind_of(job).function()(context)
        message = str(result.pop("message", ""))
        end(Job.Status.SUCCEEDED, message, progress=1.0, message=message[:200], result=result)
        is_finished = True
    except JobLostError:
        # Whoever took it up writes how it ends.
        is_finished = True
    except JobCancelledError as error:
        end(Job.Status.CANCELLED, str(error))
        is_finished = True
    except ClassifierError as error:
        end(Job.Status.FAILED, str(error), error=str(error))
        is_finished = True
    finally:
        if not is_finished:
            error_type, unexpected, _ = sys.exc_info()
            name = error_type.__name__ if error_type else "error"
            text = f"Unexpected {name}: {unexpected}"
            end(Job.Status.FAILED, text, error=text)
