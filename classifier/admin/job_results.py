"""What a job made, as its page shows it, by kind."""

from collections.abc import Callable

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from classifier.admin.cells import NOTHING, change_link
from classifier.bulk.results import results_url
from classifier.models import Benchmark, Encoder, Job, ModelVersion
from classifier.tables.planning import Outcome
from classifier.tables.work import PREVIEW


def made(job: Job) -> SafeString | str:
    """Links and figures; a dash where there is nothing yet."""
    show = _SHOWN.get(Job.Kind(job.kind))
    return show(job) if show and job.status == Job.Status.SUCCEEDED else NOTHING


def _version(job: Job) -> SafeString | str:
    return change_link(ModelVersion.objects.filter(pk=job.result.get("version")).first())


def _encoders(job: Job) -> SafeString | str:
    encoders = Encoder.objects.filter(pk__in=job.result["encoders"]).order_by("id")
    chosen = job.result["chosen"]
    return format_html_join(
        SafeString("<br>"),
        "{}{}",
        ((change_link(each), " (chosen)" if each.pk == chosen else "") for each in encoders),
    )


def _benchmark(job: Job) -> SafeString | str:
    benchmark = Benchmark.objects.filter(pk=job.result["benchmark"]).first()
    return NOTHING if benchmark is None else f"{benchmark}, shown with the encoders"


def _tuning(job: Job) -> SafeString | str:
    result = job.result
    return render_to_string(
        "classifier/admin/job_tuning.html",
        {
            "trials": [
                {
                    **trial,
                    "is_chosen": (trial["name"], trial["processes"], trial["threads"])
                    == (result["name"], result["processes"], result["threads"]),
                }
                for trial in result["trials"]
            ],
            "reason": result["reason"],
        },
    )


def _file(job: Job) -> SafeString | str:
    """Where the answers are downloaded, and why rows have none."""
    url = results_url(job)
    if url is None:
        return format_html("{}", "Its files are no longer kept.")
    return render_to_string("classifier/admin/job_results.html", {"url": url, "result": job.result})


def _table(job: Job) -> SafeString | str:
    """What a file would do, or did, to a table."""
    return render_to_string(
        "classifier/admin/import_outcome.html",
        {
            "outcome": Outcome.from_json(job.result),
            "is_done": job.parameters["stage"] != PREVIEW,
            "name": job.parameters["name"],
        },
    )


_SHOWN: dict[Job.Kind, Callable[[Job], SafeString | str]] = {
    Job.Kind.BUILD_VERSION: _version,
    Job.Kind.COMPARE_VERSION: _version,
    Job.Kind.PREPARE_ENCODERS: _encoders,
    Job.Kind.BENCHMARK_ENCODERS: _benchmark,
    Job.Kind.AUTOTUNE: _tuning,
    Job.Kind.CLASSIFY_FILE: _file,
    Job.Kind.IMPORT_TABLE: _table,
}
