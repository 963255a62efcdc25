"""Take a table's file in: look at a small one at once, have a job look at a large one."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth.models import AbstractBaseUser
from django.core import signing

from classifier.bulk.files import JobFiles
from classifier.exceptions import ConflictError
from classifier.jobs.queue import enqueue
from classifier.models import Job
from classifier.tables.planning import Outcome, apply, check_columns, preview
from classifier.tables.reading import TableFile
from classifier.tables.work import INPUT_FILE, PREVIEW, WRITE, reason_of

# What is looked at while its sender waits: a second's work. Larger files are a job's.
SMALL_BYTES = 1_000_000
SMALL_ROWS = 2_000
# As long as the files of an upload that belongs to no job are kept.
TICKET_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Preview:
    """What a small file would do. `ticket` names its stored copy to who comes back with it; it is
    empty where there is nothing to come back for."""

    name: str
    outcome: Outcome
    ticket: str


@dataclass(frozen=True, slots=True)
class _Stored:
    table: str
    folder: str
    name: str


def submit_table(table: str, path: Path, name: str, by: AbstractBaseUser) -> Preview | Job:
    """Look at a file of this machine, or queue a job that does; it is moved away where it may be
    imported.

    Raises InputFileError where it cannot be read.
    """
    file = TableFile(path, name)
    if not file.is_workbook:
        # To read the header of a large workbook takes seconds.
        check_columns(table, file.header)
    outcome = preview(table, file) if _is_small(file) else None
    if outcome is not None and not outcome.is_applicable:
        return Preview(name, outcome, ticket="")
    files = JobFiles.new()
    is_kept = False
    try:
        files.take(INPUT_FILE, path)
        taken: Preview | Job
        if outcome is None:
            parameters = {"stage": PREVIEW, "table": table, "folder": files.folder, "name": name}
            taken = enqueue(Job.Kind.IMPORT_TABLE, parameters, started_by=by, running_key="")
        else:
            ticket = signing.dumps([table, files.folder, name], salt=_salt(by))
            taken = Preview(name, outcome, ticket)
        is_kept = True
    finally:
        if not is_kept:
            files.delete()
    return taken


def apply_ticket(table: str, ticket: str, by: AbstractBaseUser) -> Outcome:
    """Import the file of a preview that `by` has seen.

    Raises ConflictError where there is no such preview, or where the file no longer fits;
    StorageError where the file is gone.
    """
    try:
        asked, folder, name = signing.loads(ticket, salt=_salt(by), max_age=TICKET_SECONDS)
    except signing.BadSignature as error:
        raise ConflictError("The preview is too old; send the file again.") from error
    if asked != table:
        raise ConflictError("The preview is of another table; send the file again.")
    files = JobFiles(folder)
    with TemporaryDirectory() as scratch:
        file = TableFile(files.local(INPUT_FILE, Path(scratch)), name)
        outcome = apply(table, file, by=by, reason=reason_of(name))
    files.delete()
    return outcome


def apply_job(job: Job, by: AbstractBaseUser) -> Job:
    """Queue the job that imports what another has looked at; of a table there is one at a time.

    Raises ConflictError where there is nothing to import, or where one is unfinished.
    """
    if not is_applicable(job):
        raise ConflictError(f"{job} has nothing to import.")
    parameters = {**job.parameters, "stage": WRITE, "preview": job.pk}
    key = f"{Job.Kind.IMPORT_TABLE.value}:{job.parameters['table']}"
    return enqueue(Job.Kind.IMPORT_TABLE, parameters, started_by=by, running_key=key)


def is_applicable(job: Job) -> bool:
    """Whether it has looked at a file that can be imported."""
    return (
        job.kind == Job.Kind.IMPORT_TABLE
        and job.status == Job.Status.SUCCEEDED
        and job.parameters["stage"] == PREVIEW
        and "files_deleted_at" not in job.parameters
        and Outcome.from_json(job.result).is_applicable
    )


def _is_small(file: TableFile) -> bool:
    if file.unpacked_bytes > SMALL_BYTES:
        return False
    return all(count < SMALL_ROWS for count, _ in enumerate(file.rows()))


def _salt(user: AbstractBaseUser) -> str:
    return f"classifier.tables:{user.pk}"
