"""The page “System”: processes, what they use, and the queue."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html
from django.utils.timesince import timesince

from classifier.admin.cells import NOTHING, badge, change_url, link
from monitoring.admin.charts import MAX_LINES, Line, chart
from monitoring.admin.dashboard import Asked, dashboard
from monitoring.admin.health import shown_concern
from monitoring.admin.processes import health_badge
from monitoring.measures import MEASURES, By
from monitoring.services.figures import Figures, read_figures
from monitoring.services.health import Running, process_concerns, running_processes

CHARTS = (
    ("cpu", "CPU", "cpu", "Cores that all processes together keep busy."),
    ("memory", "Memory", "memory", "Resident memory of all processes together."),
    ("processes", "Processes", "processes", "Web and worker processes that live."),
    ("depth", "Tasks that wait", "queue_depth", "Tasks in the queue that nobody has taken."),
    ("age", "Age of the queue", "queue_age", "How long the oldest of them waits."),
    ("silence", "Silence of the worker", "worker_silence", "Since any worker was heard."),
    ("failed", "Failed jobs", "failed_jobs", "Jobs that ended as failed."),
    ("fallbacks", "Engine fallbacks", "engine_fallbacks", "Times another version had to serve."),
    ("disk", "Free disk", "disk_free", "The free share of the data directory's disk."),
)


@dashboard("System", "monitoring/admin/system.html")
def system(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    series = {MEASURES[measure].series for _, _, measure, _ in CHARTS}
    figures = read_figures(series, asked.window)
    past = read_figures(series, asked.window.week_earlier())
    running = running_processes(asked.now)
    return {
        "concerns": [shown_concern(each) for each in process_concerns(running)],
        "table": {
            "headers": [
                "Process",
                "Health",
                "Serves",
                "Memory",
                "CPU time",
                "Threads",
                "Open files",
                "Cache",
                "Last heard",
                "Lives for",
            ],
            "rows": [_row(each, asked.now) for each in running],
        },
        "charts": [
            *(_chart(each, figures, past) for each in CHARTS[:2]),
            _memory_by_process(asked),
            *(_chart(each, figures, past) for each in CHARTS[2:]),
        ],
    }


def _chart(of: tuple[str, str, str, str], figures: Figures, past: Figures) -> dict[str, Any]:
    key, title, measure, summary = of
    lines = [
        Line(MEASURES[measure].name, figures.values(measure)),
        Line("Last week", past.values(measure), is_past=True),
    ]
    return chart(key, title, MEASURES[measure].unit, lines, figures.window, summary=summary)


def _memory_by_process(asked: Asked) -> dict[str, Any]:
    """Of those that used most."""
    figures = read_figures(["memory"], asked.window, By.PROCESS)
    names = sorted(figures.labels("memory"), key=lambda name: -(figures.value("memory", name) or 0))
    return chart(
        "memory-by-process",
        "Memory by process",
        MEASURES["memory"].unit,
        [Line(name, figures.values("memory", name)) for name in names[:MAX_LINES]],
        asked.window,
        summary=f"The processes that used most, {MAX_LINES} of them at most.",
    )


def _row(running: Running, now: datetime) -> list[Any]:
    process = running.process
    differs = process.wanted and process.version != process.wanted
    serves: Any = process.version or NOTHING
    if differs:
        serves = format_html("{} {}", serves, badge(f"wanted {process.wanted}", "warning"))
    seconds = max(0, int((now - process.seen_at).total_seconds()))
    return [
        link(change_url(process), process),
        badge("Silent", "danger") if running.is_silent else health_badge(process),
        serves,
        filesizeformat(process.rss_bytes),
        f"{process.cpu_seconds:,.0f} s",
        process.threads,
        process.open_files,
        f"{process.cache_entries:,} texts, {filesizeformat(process.cache_bytes)}",
        f"{seconds:,} s ago",
        timesince(process.started_at, now),
    ]
