"""Take a file in: look at what is cheap to see, store it, queue its job."""

import json
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from pathlib import Path

from django.contrib.auth.models import AbstractBaseUser

from classifier.bulk.files import JobFiles
from classifier.bulk.join import result_columns
from classifier.bulk.options import FileOptions, Format
from classifier.bulk.rows import CsvRows
from classifier.bulk.work import INPUT_FILE
from classifier.exceptions import ConflictError, InputFileError, NoEngineError
from classifier.jobs.queue import enqueue
from classifier.models import ApiKey, Job, ModelVersion
from classifier.runtime import NOTHING_ACTIVATED
from classifier.services.csv_files import detect_format
from classifier.services.versions import find_version


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a file: a program with a key, or a person."""

    api_key: ApiKey | None = None
    user: AbstractBaseUser | None = None

    def __str__(self) -> str:
        if self.api_key is not None:
            return f"key {self.api_key.prefix}"
        return f"user {self.user.pk}" if self.user is not None else "nobody"


def submit_file(
    path: Path, options: FileOptions, caller: Caller, version_name: str | None = None
) -> Job:
    """Store a file of this machine, which is moved away, and queue the job that classifies it.

    While a job for the same bytes, options and caller is unfinished, that one is returned and
    nothing is stored. The version is pinned here: the active one, or the one that is named.
    Raises InputFileError where the file cannot be read as what it should be, InvalidItemError
    where no version has the name, NoEngineError where none is active.
    """
    version = find_version(version_name) if version_name else _active_version()
    options = _looked_into(path, options)
    key = _running_key(path, options, caller, version_name)
    unfinished = Job.objects.unfinished().filter(running_key=key).first()
    if unfinished is not None:
        return unfinished
    files = JobFiles.new()
    is_queued = False
    try:
        files.take(INPUT_FILE, path)
        job = enqueue(
            Job.Kind.CLASSIFY_FILE,
            {"folder": files.folder, "options": options.as_json(), "version": version.pk},
            started_by=caller.user,
            api_key=caller.api_key,
            running_key=key,
        )
        is_queued = True
    except ConflictError:
        # The same file came twice at once.
        return Job.objects.filter(running_key=key).latest("id")
    finally:
        if not is_queued:
            files.delete()
    return job


def _active_version() -> ModelVersion:
    version = ModelVersion.objects.active().first()
    if version is None:
        raise NoEngineError(NOTHING_ACTIVATED)
    return version


def _looked_into(path: Path, options: FileOptions) -> FileOptions:
    """The options, with a CSV file's encoding and delimiter as found."""
    try:
        if not path.stat().st_size:
            raise InputFileError("The file is empty.")
        if options.format is not Format.CSV:
            return options
        options = replace(options, csv=detect_format(path))
        with CsvRows(path, options) as rows:
            taken = [name for name in result_columns(options.prefix) if name in rows.header]
        if options.results is Format.CSV and taken:
            raise InputFileError(
                f"The file has a column “{taken[0]}” already, which the answer would write; give "
                "a prefix for the answer's columns."
            )
    except InputFileError as error:
        # Where it lies on this machine is nobody's affair.
        raise InputFileError(str(error).replace(str(path), "The file")) from error
    return options


def _running_key(path: Path, options: FileOptions, caller: Caller, version_name: str | None) -> str:
    with path.open("rb") as file:
        content = file_digest(file, "sha256").hexdigest()
    asked = json.dumps([str(caller), content, options.as_json(), version_name])
    return f"classify_file:{sha256(asked.encode()).hexdigest()}"
