"""Figures of a range of time: each with the same time last week, and the rows behind it."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from classifier.admin.cells import changelist_url, interval
from classifier.models import Feedback, Prediction
from classifier.models.choices import LevelChoices
from monitoring.admin.dashboard import rows_url
from monitoring.admin.values import shown
from monitoring.measures import MEASURES
from monitoring.models import Process
from monitoring.services.figures import JUDGED, Figures


@dataclass(frozen=True, slots=True)
class Card:
    """`query` is what else the list behind it is filtered by. What processes count has no rows
    but theirs."""

    label: str
    measure: str
    rows: type[Model] = Prediction
    query: dict[str, Any] = field(default_factory=dict)


CARDS = (
    Card("Predictions", "predictions"),
    Card("API requests", "request_rate", Process),
    Card("Latency: median", "p50_latency", Process),
    Card("Latency: p95", "p95_latency", Process),
    Card("Latency: p99", "p99_latency", Process),
    Card("Errors (5xx)", "error_rate", Process),
    Card("Found in the cache", "cache_hit_rate", query={"is_cached__exact": 1}),
    Card("Without a category", "abstention_share", query={"level__exact": LevelChoices.ABSTAIN}),
    Card("Of level low", "low_confidence_share", query={"level__exact": LevelChoices.LOW}),
    Card("Accuracy by confidence", "mean_confidence"),
    Card("Accuracy by feedback", "accuracy_feedback", Feedback),
    Card("Accuracy by the audit", "accuracy_audit", query={"is_audited__exact": 1}),
)


def cards_of(request: HttpRequest, figures: Figures, past: Figures) -> list[dict[str, Any]]:
    return [_card(request, card, figures, past) for card in CARDS]


def _card(request: HttpRequest, card: Card, figures: Figures, past: Figures) -> dict[str, Any]:
    name = f"{card.rows._meta.app_label}.view_{card.rows._meta.model_name}"
    return {
        "label": card.label,
        "value": shown(card.measure, figures.value(card.measure)),
        "past": shown(card.measure, past.value(card.measure)),
        "note": _judged(card.measure, figures) if card.measure in JUDGED else "",
        "url": _url(card, figures) if request.user.has_perm(name) else "",
    }


def _url(card: Card, figures: Figures) -> str:
    if card.rows is Process:
        return changelist_url(Process)
    return rows_url(card.rows, figures.window, **card.query)


def _judged(measure: str, figures: Figures) -> str:
    share = figures.right(MEASURES[measure].series)
    if share is None:
        return "nothing was judged"
    return f"95% interval {interval(share.low, share.high)}, {share.total:,} judged"
