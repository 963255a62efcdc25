"""The page “Health”: is the service well now, and was it last week?"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from classifier.admin.cells import changelist_url
from classifier.models import ModelVersion
from experiments.models import Experiment
from monitoring import collectors
from monitoring.admin.cards import cards_of
from monitoring.admin.charts import Line, chart
from monitoring.admin.dashboard import Asked, dashboard
from monitoring.measures import MEASURES
from monitoring.models import Alert
from monitoring.services.figures import ENOUGH_JUDGED, Figures, read_figures
from monitoring.services.health import (
    Concern,
    Grade,
    concerns,
    firing_alerts,
    running_processes,
)

SERIES = (
    "predictions",
    "confidence",
    "low_level",
    "abstentions",
    "accuracy_feedback",
    "accuracy_audit",
    "requests",
    "request_seconds",
    "cache_lookups",
)
# Each with the measures that share a chart, and what they are called there.
CHARTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("traffic", "Traffic", {"throughput": "Predictions"}),
    (
        "latency",
        "Latency of API requests",
        {"p50_latency": "Median", "p95_latency": "p95", "p99_latency": "p99"},
    ),
    ("errors", "Errors: answers with 5xx", {"error_rate": "Error rate"}),
    ("cache", "Embeddings found in the cache", {"cache_hit_rate": "Hit rate"}),
    (
        "accuracy",
        "Accuracy",
        {
            "mean_confidence": "By confidence",
            "accuracy_feedback": "By feedback",
            "accuracy_audit": "By the audit",
        },
    ),
    (
        "unsure",
        "Unsure answers",
        {"abstention_share": "Without a category", "low_confidence_share": "Of level low"},
    ),
)
# Of which of a chart's measures last week is drawn as well, where that is not the first.
COMPARED = {"latency": "p95_latency"}
SUMMARIES = {
    "traffic": "Predictions a second.",
    "latency": "How long half of all requests took at most, and all but 5% and 1% of them.",
    "errors": "The share of API requests that failed by no fault of the caller.",
    "cache": "The share of texts that did not have to be encoded again.",
    "accuracy": "How sure versions are of their own answers, and how many were right of those that "
    f"people judged, where these are {ENOUGH_JUDGED} or more.",
    "unsure": "The share of predictions without a category, and of those of level low.",
}
GRADES = {Grade.CRITICAL: ("danger", "Critical"), Grade.WARNING: ("warning", "Warning")}


@dashboard("Health", "monitoring/admin/health.html")
def health(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    figures = read_figures(SERIES, asked.window)
    past = read_figures(SERIES, asked.window.week_earlier())
    alerts = firing_alerts()
    found = concerns(asked.now, asked.newest, running_processes(asked.now), alerts)
    return {
        "concerns": [shown_concern(each) for each in found],
        "states": _states(request, len(alerts)),
        "cards": cards_of(request, figures, past),
        "charts": [
            _chart(key, title, measures, figures.coarser(), past.coarser())
            if key == "accuracy"
            else _chart(key, title, measures, figures, past)
            for key, title, measures in CHARTS
        ],
    }


def shown_concern(concern: Concern) -> dict[str, str]:
    variant, word = GRADES[concern.grade]
    return {"variant": variant, "word": word, "text": concern.text}


def _chart(
    key: str, title: str, measures: dict[str, str], figures: Figures, past: Figures
) -> dict[str, Any]:
    first = next(iter(measures))
    compared = COMPARED.get(key, first)
    past_name = f"{measures[compared]}, last week" if len(measures) > 1 else "Last week"
    return chart(
        key,
        title,
        MEASURES[first].unit,
        [
            *(Line(name, figures.values(measure)) for measure, name in measures.items()),
            Line(past_name, past.values(compared), is_past=True),
        ],
        figures.window,
        summary=SUMMARIES[key],
    )


def _states(request: HttpRequest, firing: int) -> list[dict[str, Any]]:
    """What is so now, whatever range is shown."""
    return [each for each in (_version(), _experiment(), _alerts(firing)) if _may(request, each)]


def _may(request: HttpRequest, state: dict[str, Any]) -> bool:
    return bool(request.user.has_perm(state["permission"]))


def _version() -> dict[str, Any]:
    active, _ = collectors.versions()
    url = changelist_url(ModelVersion)
    if active is not None:
        url = reverse("admin:classifier_modelversion_change", args=[active.id])
    return {
        "label": "Active version",
        "value": active.name if active is not None else "none",
        "url": url,
        "permission": "classifier.view_modelversion",
    }


def _experiment() -> dict[str, Any]:
    newest = collectors.newest_experiment()
    is_running = newest is not None and newest.is_running
    url = changelist_url(Experiment)
    if newest is not None and is_running:
        url = reverse("admin:experiments_experiment_change", args=[newest.id])
    return {
        "label": "Running experiment",
        "value": newest.key if newest is not None and is_running else "none",
        "url": url,
        "permission": "experiments.view_experiment",
    }


def _alerts(firing: int) -> dict[str, Any]:
    return {
        "label": "Firing alerts",
        "value": f"{firing:,}" if firing else "none",
        "url": changelist_url(Alert) if admin.site.is_registered(Alert) else "",
        "permission": "monitoring.view_alert",
    }
