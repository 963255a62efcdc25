"""Reports of drift as the worker writes them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from classifier.models import Category, ModelVersion
from monitoring.models import DriftCluster, DriftKind, DriftReference, DriftReport
from monitoring.services.drift_windows import DAY, bounds

UNSAID = {"reason": "There are 50 rows to measure; 200 are needed."}


def make_calm_window() -> DriftReference:
    today = timezone.localdate()
    return DriftReference.objects.create(
        version=ModelVersion.objects.active().get(),
        first_day=today - 20 * DAY,
        last_day=today - 10 * DAY,
        reason="No campaign.",
    )


def said(kind: DriftKind, ratio: float = 0.4, **fields: Any) -> dict[str, Any]:
    """What was found of a kind, `ratio` being its distance over its threshold."""
    word = "drift" if ratio >= 1 else "no drift"
    is_meaning = kind == DriftKind.EMBEDDINGS
    threshold = 0.0003 if is_meaning else 0.1
    return {
        "measure": "MMD²" if is_meaning else "PSI",
        "distance": ratio * threshold, "bound": threshold, "chance": 0.5 * threshold,
        "between_days": 0.0, "threshold": threshold, "ratio": ratio, "is_drift": ratio >= 1,
        "js": None if is_meaning else 0.11, "sentence": f"{kind.label}: {word}.",
        "rows": 20_000, "calm_rows": 35_000, "calm_days": 7, **fields,
    }  # fmt: skip


def figures(**ratios: float) -> dict[str, Any]:
    """Of all kinds, with those that are named in their own way."""
    category = Category.objects.detailed().order_by("id")[0]
    drawn: dict[str, dict[str, Any]] = {
        DriftKind.CATEGORY_MIX: {
            "movers": [
                {"category_id": category.pk, "name": str(category), "now": 0.2, "reference": 0.1},
                {"category_id": None, "name": "No category", "now": 0.03, "reference": 0.05},
            ]
        },
        DriftKind.CONFIDENCE: {"edges": [0.5], "now": [0.3, 0.7], "reference": [0.2, 0.8]},
        DriftKind.LENGTH: {
            "edges": [10, 20], "now": [0.3, 0.3, 0.4], "reference": [0.2, 0.4, 0.4],
            "build_set": 0.31,
        },
        DriftKind.UNKNOWN_TOKENS: {
            "edges": [1, 2, 3], "now": [0.6, 0.2, 0.1, 0.1], "reference": [0.7, 0.2, 0.1, 0],
            "build_set": 0.02,
        },
        DriftKind.EMBEDDINGS: {"build_set": 0.002},
    }  # fmt: skip
    return {
        kind.value: said(kind, ratios.get(kind.value, 0.4), **drawn[kind]) for kind in DriftKind
    }


def make_drift_report(days_ago: int = 1, **ratios: float) -> DriftReport:
    """Of a day, with a cluster."""
    start, end = bounds(timezone.localdate() - days_ago * DAY)
    found = figures(**ratios)
    drifted = [each["sentence"] for each in found.values() if each["is_drift"]]
    report = DriftReport.objects.create(
        version=ModelVersion.objects.active().get(), trigger=DriftReport.Trigger.DAILY,
        start=start, end=end, predictions=170_000, sampled=20_000, calm_sampled=35_000,
        calm_first_day=start.date() - timedelta(days=9),
        calm_last_day=start.date() - timedelta(days=3), figures=found, is_drift=bool(drifted),
        summary=" ".join(drifted) or "No drift in 5 of 5 kinds that were measured.",
    )  # fmt: skip
    DriftCluster.objects.create(
        report=report, place=1, size=75, share=0.051, reference_share=0.0,
        texts=["volthop escooter ride berlin", "volthop escooter unlock paris"],
        common_text="volthop escooter", category=Category.objects.get(slug="public-transport"),
        similarity=0.41, confidence=0.37,
    )  # fmt: skip
    return report
