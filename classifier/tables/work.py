"""The work of a job that looks at a table's file, and of one that imports it."""

from typing import TYPE_CHECKING, Any

from classifier.bulk.files import JobFiles, told_where_storage_fails
from classifier.tables.planning import apply, preview
from classifier.tables.reading import TableFile

if TYPE_CHECKING:
    from classifier.jobs.context import JobContext

INPUT_FILE = "input"
PREVIEW = "preview"
WRITE = "write"


def run_import(context: "JobContext") -> dict[str, Any]:
    """Look at a file, or import it; done again after it was done, it changes nothing.

    Raises StorageError, InputFileError, ConflictError.
    """
    asked = context.parameters
    with told_where_storage_fails():
        path = JobFiles(asked["folder"]).local(INPUT_FILE, context.scratch)
        file = TableFile(path, asked["name"])
        if asked["stage"] == PREVIEW:
            outcome = preview(asked["table"], file, context)
            message = f"{outcome}. Nothing is imported yet."
        else:
            outcome = apply(
                asked["table"],
                file,
                by=context.started_by,
                reason=reason_of(asked["name"], job=context.job.pk),
                report=context,
            )
            message = f"{outcome}."
    return {**outcome.as_json(), "message": message}


def reason_of(name: str, job: int | None = None) -> str:
    """What the history says of why a row changed."""
    return f"Import of {name}" if job is None else f"Import (job {job}) of {name}"
