"""Predictions and processes as snapshots find them."""

from datetime import datetime, timedelta
from typing import Any

from classifier.models import Category, ModelVersion, Prediction
from classifier.models.choices import LevelChoices
from monitoring.models import Process

COUNTS: dict[str, Any] = {
    "requests": 10,
    "server_errors": 1,
    "request_seconds": [0] * 10 + [9, 1] + [0] * 10,
    "request_seconds_sum": 0.8,
    "cache_hits": 6,
    "cache_misses": 2,
    "cache_evictions": 0,
    "cpu_seconds": 1.5,
}


def make_predictions(
    version: ModelVersion,
    at: datetime,
    count: int,
    category: Category | None = None,
    **fields: Any,
) -> list[Prediction]:
    """`count` answers made at `at`: of the category, else abstentions."""
    is_answered = category is not None
    made = Prediction.objects.bulk_create(
        Prediction(
            **{
                "description": "NETFLIX.COM",
                "canonical_text": "netflix com",
                "version": version,
                "category": category,
                "level": LevelChoices.HIGH if is_answered else LevelChoices.ABSTAIN,
                "reason": "" if is_answered else "low_confidence",
                "confidence": 0.9 if is_answered else 0.2,
                "is_cached": False,
                "latency_ms": 3.0,
                **fields,
            }
        )
        for _ in range(count)
    )
    Prediction.objects.filter(pk__in=[each.pk for each in made]).update(created_at=at)
    return made


def make_process(seen_at: datetime, **fields: Any) -> Process:
    """A web process that is well."""
    return Process.objects.create(
        **{
            "role": "web",
            "machine": "web-1",
            "pid": 1,
            "started_at": seen_at - timedelta(hours=1),
            "seen_at": seen_at,
            "version": "v1",
            "wanted": "v1",
            "health": "ok",
            "rss_bytes": 300_000_000,
            "cpu_seconds": 10.0,
            "threads": 8,
            "open_files": 20,
            "cache_entries": 100,
            "cache_bytes": 1_000_000,
            **fields,
        }
    )
