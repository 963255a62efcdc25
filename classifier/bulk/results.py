"""The results of a job, where there are any."""

from dataclasses import dataclass
from typing import IO, Any

from django.urls import reverse

from classifier.bulk.files import JobFiles
from classifier.bulk.join import RESULTS_FILE
from classifier.bulk.options import MEDIA_TYPES, Format
from classifier.exceptions import NotFinishedError, UnknownError
from classifier.models import Job
from classifier.serializers.wire import job_json

NOTE = "The answers are in the file of results alone: no predictions are stored."


@dataclass(frozen=True, slots=True)
class Results:
    """A file of answers. `size` is in bytes."""

    files: JobFiles
    size: int
    sha256: str
    format: Format
    filename: str

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]

    def open(self) -> IO[bytes]:
        """Raises StorageError where it is not there."""
        return self.files.open(RESULTS_FILE)


def job_answer(job: Job) -> dict[str, Any]:
    """A job as the API shows it."""
    note = NOTE if job.kind == Job.Kind.CLASSIFY_FILE else None
    return job_json(job, results_url(job), note)


def results_url(job: Job) -> str | None:
    """Where the results are fetched; None where there are none, or none any more."""
    is_there = (
        job.kind == Job.Kind.CLASSIFY_FILE
        and job.status == Job.Status.SUCCEEDED
        and "files_deleted_at" not in job.parameters
    )
    return reverse("job-results", args=[job.pk]) if is_there else None


def find_results(job: Job) -> Results:
    """Raises NotFinishedError before the job has succeeded, UnknownError where it is of another
    kind or its files are no longer kept."""
    if job.kind != Job.Kind.CLASSIFY_FILE:
        raise UnknownError(f"{job} has no file of results.")
    if job.status != Job.Status.SUCCEEDED:
        raise NotFinishedError(f"{job} has no results: it is {job.get_status_display().lower()}.")
    if results_url(job) is None:
        raise UnknownError(f"The results of {job} are no longer kept.")
    format = Format(job.result["format"])
    return Results(
        files=JobFiles(job.parameters["folder"]),
        size=job.result["bytes"],
        sha256=job.result["sha256"],
        format=format,
        filename=f"job-{job.pk}.{format.value}",
    )
