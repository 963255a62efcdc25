"""The page “Versions over time”: which version answered how much, and how well."""

from typing import Any

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime

from classifier.admin.cells import NOTHING, change_url, changelist_url, interval, link, percent
from classifier.models import Activation, ModelVersion, Prediction
from monitoring import collectors
from monitoring.admin.charts import MAX_LINES, Line, Mark, chart
from monitoring.admin.dashboard import Asked, dashboard, rows_url
from monitoring.measures import MEASURES, By, Unit
from monitoring.services.figures import Figures, read_figures

SERIES = (
    "predictions", "confidence", "low_level", "abstentions", "accuracy_feedback", "accuracy_audit",
)  # fmt: skip
CHARTS = (
    ("confidence", "Mean confidence", "mean_confidence", "Of answers with a category."),
    ("abstention", "Without a category", "abstention_share", "The share of its predictions."),
    ("low", "Of level low", "low_confidence_share", "The share of its predictions."),
)


@dashboard("Versions over time", "monitoring/admin/versions.html")
def versions(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    """Activations are marked in each chart. Processes do not count requests by version, so of
    latency nothing is said."""
    figures = read_figures(SERIES, asked.window, By.VERSION)
    names = sorted(
        figures.labels("predictions"), key=lambda name: -figures.sums("predictions", name).count
    )
    activations = collectors.activations(asked.window.start, asked.now)
    marks = [
        Mark(asked.window.slot_of(each.created_at), f"{each.to_version} went live")
        for each in activations
    ]
    shares = [Line(name, _shares(figures, name)) for name in names[:MAX_LINES]]
    return {
        "charts": [
            chart(
                "share",
                "Share of predictions",
                Unit.SHARE,
                shares,
                asked.window,
                summary=_said(activations),
                is_stacked=True,
                marks=marks,
            ),
            *(
                chart(
                    key,
                    title,
                    MEASURES[measure].unit,
                    [Line(name, figures.values(measure, name)) for name in names[:MAX_LINES]],
                    asked.window,
                    summary=summary,
                    marks=marks,
                )
                for key, title, measure, summary in CHARTS
            ),
        ],
        "table": _table(figures, names, collectors.versions_named(names)),
        "activations": [
            {
                "what": each,
                "word": each.get_kind_display(),
                "at": each.created_at,
                "by": each.by or "a command",
                "reason": each.reason,
                "url": change_url(each),
            }
            for each in reversed(activations)
        ],
    }


def _shares(figures: Figures, name: str) -> list[float | None]:
    """Of all predictions of a slot; None where there were none."""
    slots = {label: figures.slots["predictions", label] for label in figures.labels("predictions")}
    shares: list[float | None] = []
    for place, own in enumerate(slots[name]):
        whole = sum(sums.count for each in slots.values() if (sums := each[place]) is not None)
        shares.append((own.count if own is not None else 0) / whole if whole else None)
    return shares


def _said(activations: list[Activation]) -> str:
    if not activations:
        return "No version went live in this time."
    last = activations[-1]
    when = date_format(localtime(last.created_at), "j M, H:i")
    return f"A dashed line is where a version went live, last {last.to_version} on {when}."


def _table(figures: Figures, names: list[str], rows: dict[str, ModelVersion]) -> dict[str, Any]:
    whole = sum(figures.sums("predictions", name).count for name in names)
    return {
        "headers": [
            "Version",
            "Predictions",
            "Share",
            "Mean confidence",
            "Without a category",
            "Of level low",
            "Accuracy by feedback",
            "Accuracy by the audit",
        ],
        "rows": [_row(figures, name, whole, rows.get(name)) for name in names],
    }


def _row(figures: Figures, name: str, whole: int, version: ModelVersion | None) -> list[Any]:
    count = figures.sums("predictions", name).count
    listed = changelist_url(Prediction)
    if version is not None:
        listed = rows_url(Prediction, figures.window, version=version.pk)
    return [
        link(change_url(version), name) if version is not None else name,
        format_html(
            '<a class="text-link plain-link" href="{}" aria-label="{} predictions of {}">{}</a>',
            listed, f"{count:,}", name, f"{count:,}",
        ),
        percent(count / whole) if whole else NOTHING,
        percent(figures.value("mean_confidence", name)),
        percent(figures.value("abstention_share", name)),
        percent(figures.value("low_confidence_share", name)),
        *(_accuracy(figures, series, name) for series in ("accuracy_feedback", "accuracy_audit")),
    ]  # fmt: skip


def _accuracy(figures: Figures, series: str, name: str) -> str:
    share = figures.right(series, name)
    if share is None:
        return NOTHING
    return f"{percent(share.value)} ({interval(share.low, share.high)})"
