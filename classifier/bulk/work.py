"""The work of a job that classifies a file, and of those that help with it."""

from collections.abc import Callable
from hashlib import file_digest
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError

from classifier import runtime
from classifier.bulk.decide import PartDecider
from classifier.bulk.files import JobFiles, told_where_storage_fails
from classifier.bulk.join import RESULTS_FILE, join_rows
from classifier.bulk.options import FileOptions
from classifier.bulk.rows import open_rows
from classifier.bulk.split import (
    PART_SIZE,
    Keys,
    Split,
    find_split,
    keys_file,
    split_rows,
)
from classifier.engine.descriptors import NORMALIZER_VERSION
from classifier.exceptions import StorageError
from classifier.jobs.parts import (
    PartLostError,
    check_parts,
    claim_part,
    finish_part,
    has_open_part,
    keep_part,
    release_part,
    renew_parts,
    send_helper,
)
from classifier.models import Job, JobPart, ModelVersion
from classifier.progress import Progress
from classifier.runtime import LoadedVersion

if TYPE_CHECKING:
    from pathlib import Path

    from classifier.jobs.context import JobContext

INPUT_FILE = "input"
RESULT_FILE = "result.json"
# Shares of the bar at which splitting and deciding end.
SPLIT_SHARE = 0.1
DECIDE_SHARE = 0.9
# Helpers asked for while the file is split, one a part; more workers than that come later.
HELPERS = 16
# How long a helper works before it lets other jobs have their turn.
HELPER_SECONDS = 60.0
WAIT_SECONDS = 0.2
# Reasons that the result names; the results have all.
NAMED_REASONS = 20


def run_file(context: "JobContext") -> dict[str, Any]:
    """The work of a CLASSIFY_FILE job.

    Each stage begins with what is stored of it, so a run after a lost worker repeats what that
    one had begun and not what it had finished.
    """
    files = JobFiles(context.parameters["folder"])
    with told_where_storage_fails():
        if files.has(RESULT_FILE):
            result: dict[str, Any] = files.read_json(RESULT_FILE)
        else:
            result = FileWork(context, files).run()
            # Last: where it is there, the results are.
            files.write_json(RESULT_FILE, result)
        files.delete(but=(RESULTS_FILE, RESULT_FILE))
        JobPart.objects.filter(job=context.job).delete()
    return result


class FileWork:
    """One run through the stages."""

    def __init__(self, context: "JobContext", files: JobFiles) -> None:
        self._context = context
        self._files = files
        self._job: Job = context.job
        self._options = FileOptions.from_json(context.parameters["options"])
        self._helper_sent_at = float("-inf")

    def run(self) -> dict[str, Any]:
        if not self._files.has(INPUT_FILE):
            raise StorageError("The file that was sent is no longer kept; send it again.")
        version = _version_of(self._job)
        if self._job.attempts == 1:
            renew_parts(self._job.pk)
        path = self._files.local(INPUT_FILE, self._context.scratch)
        split = find_split(self._files) or self._split(path)
        self._decide(split, version)
        return self._join(split, path, version)

    def _split(self, path: "Path") -> Split:
        stored = set(JobPart.objects.filter(job=self._job).values_list("number", flat=True))

        def add_part(number: int, keys: Keys) -> None:
            if number not in stored:
                self._files.write_json(keys_file(number), keys)
                _add_part(self._job, number, len(keys))
            if number < HELPERS:
                send_helper(self._job.pk)

        with open_rows(path, self._options) as rows:
            return split_rows(rows, self._files, add_part, self._report(0, SPLIT_SHARE))

    def _decide(self, split: Split, version: ModelVersion) -> None:
        """Take parts until all are done, by this worker and by others."""
        report = self._report(SPLIT_SHARE, DECIDE_SHARE)
        decider: PartDecider | None = None
        pause = Event()
        while True:
            done = JobPart.objects.filter(job=self._job, status=JobPart.Status.DONE).count()
            texts = min(done * PART_SIZE, split.texts)
            report(done / (split.parts or 1), f"deciding: {texts:,} of {split.texts:,} texts")
            if done == split.parts:
                return
            part = claim_part(self._job.pk)
            if part is None:
                check_parts(self._job.pk)
                pause.wait(WAIT_SECONDS)
                continue
            self._ask_for_help()
            decider = decider or PartDecider(self._files, _load(version), self._options.results)
            try:
                _decide_part(decider, part, self._context.check)
            except PartLostError:
                # This worker was taken for lost. Another does the part; the job is still its own.
                continue
            self._context.renew_attempts()

    def _join(self, split: Split, path: "Path", version: ModelVersion) -> dict[str, Any]:
        with open_rows(path, self._options) as rows:
            joined = join_rows(
                rows,
                self._files,
                split,
                self._options,
                self._context.scratch,
                self._report(DECIDE_SHARE, 1),
            )
        with self._files.open(RESULTS_FILE) as file:
            sha256 = file_digest(file.file, "sha256").hexdigest()  # type: ignore[arg-type]
        reasons = list(split.reasons.items())
        return {
            "rows": split.rows,
            "distinct_texts": split.texts,
            "answered": joined.answered,
            "for_review": joined.for_review,
            "errors": split.errors,
            "error_reasons": dict(reasons[:NAMED_REASONS]),
            "format": self._options.results.value,
            "bytes": self._files.size(RESULTS_FILE),
            "sha256": sha256,
            "model_version": version.name,
            "message": f"{split.rows:,} rows: {joined.answered:,} with a category, "
            f"{joined.for_review:,} for review, {split.errors:,} with errors.",
        }

    def _ask_for_help(self) -> None:
        """Now and then, while there is work: a helper may have been lost, or a worker be new."""
        if monotonic() - self._helper_sent_at > HELPER_SECONDS:
            self._helper_sent_at = monotonic()
            send_helper(self._job.pk)

    def _report(self, start: float, end: float) -> Progress:
        def report(share: float, message: str) -> None:
            self._context(start + share * (end - start), message)

        return report


def help_with_parts(job_id: int) -> None:
    """Decide waiting parts of a job for a while; then ask for a helper again, at the queue's end.

    A part that cannot be decided here is given back, and waits for another worker.
    """
    job = Job.objects.filter(pk=job_id, status=Job.Status.RUNNING).first()
    if job is None or not has_open_part(job_id):
        return
    results = FileOptions.from_json(job.parameters["options"]).results
    # Before a part is taken: a worker that cannot load the version uses up no attempt.
    version = _load(_version_of(job))
    decider = PartDecider(JobFiles(job.parameters["folder"]), version, results)
    ends_at = monotonic() + HELPER_SECONDS
    while (part := claim_part(job_id)) is not None:
        try:
            _decide_part(decider, part, lambda: None)
        except PartLostError:
            return
        if monotonic() > ends_at:
            send_helper(job_id)
            return


def _decide_part(decider: PartDecider, part: JobPart, check: Callable[[], None]) -> None:
    def keep() -> None:
        check()
        keep_part(part)

    is_decided = False
    try:
        with told_where_storage_fails():
            decider.decide(part.number, keep)
        is_decided = True
    finally:
        # Of two that decided it, both wrote the same.
        if is_decided:
            finish_part(part)
        else:
            release_part(part)


def _add_part(job: Job, number: int, size: int) -> None:
    try:
        JobPart.objects.create(job=job, number=number, size=size)
    except IntegrityError:
        # A worker that was taken for lost was not; it made the same part.
        return


def _version_of(job: Job) -> ModelVersion:
    """The version that was pinned. Raises StorageError where it cannot answer this file."""
    version = ModelVersion.objects.get(pk=job.parameters["version"])
    if version.normalizer_version != NORMALIZER_VERSION:
        raise StorageError(
            f"{version} was built with normalizer {version.normalizer_version}; this program has "
            f"{NORMALIZER_VERSION}. Send the file again."
        )
    return version


def _load(version: ModelVersion) -> LoadedVersion:
    """Raises BundleError."""
    return runtime.get().engine_for(version)
