"""What kinds of background work there are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from classifier.models import Job

if TYPE_CHECKING:
    from classifier.jobs.context import JobContext

    Work = Callable[[JobContext], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class JobKind:
    """How work of a kind is done and who may ask for it.

    `work` is the dotted path of a function from a JobContext to the job's result, a dict of
    JSON, whose "message" is its last line. It may be run again from the start after a worker
    was lost, so whatever it makes must be the same or made whole a second time. `seconds` is
    the longest it may take. `permission` is needed to start, cancel and retry it; where it
    depends on what the work is of, it names a parameter of the job: "classifier.import_{table}".
    """

    kind: Job.Kind
    work: str
    permission: str
    seconds: int
    max_attempts: int = 3

    def function(self) -> "Work":
        function: Work = import_string(self.work)
        return function

    def permission_of(self, job: Job) -> str:
        return self.permission.format_map(job.parameters)


KINDS: dict[str, JobKind] = {
    kind.kind.value: kind
    for kind in (
        JobKind(
            Job.Kind.BUILD_VERSION,
            work="classifier.services.versions.run_build",
            permission="classifier.build_modelversion",
            seconds=1800,
        ),
        JobKind(
            Job.Kind.LEARN,
            work="classifier.services.learning.run_learning",
            permission="classifier.build_modelversion",
            seconds=3000,
        ),
        JobKind(
            Job.Kind.CLASSIFY_FILE,
            work="classifier.bulk.work.run_file",
            permission="classifier.classify_file",
            seconds=3000,
        ),
        JobKind(
            Job.Kind.COMPARE_VERSION,
            work="classifier.services.comparisons.run_comparison",
            permission="classifier.activate_modelversion",
            seconds=900,
        ),
        JobKind(
            Job.Kind.PREPARE_ENCODERS,
            work="classifier.services.encoder_kinds.run_prepare",
            permission="classifier.prepare_encoder",
            seconds=3000,
        ),
        JobKind(
            Job.Kind.BENCHMARK_ENCODERS,
            work="classifier.services.benchmarks.run_benchmark",
            permission="classifier.prepare_encoder",
            seconds=900,
        ),
        JobKind(
            Job.Kind.AUTOTUNE,
            work="classifier.services.tuning.run_autotune",
            permission="classifier.prepare_encoder",
            seconds=1800,
        ),
        JobKind(
            Job.Kind.IMPORT_TABLE,
            work="classifier.tables.work.run_import",
            permission="classifier.import_{table}",
            seconds=1800,
        ),
    )
}


def kind_of(job: Job) -> JobKind:
    return KINDS[job.kind]
