"""The alert rules that every installation has."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

GIB = 2**30
DAY = 24 * 60
LEARNED: dict[str, Any] = {"thresholds": "learned", "reference_days": 28}

# key, name, measure, condition, warning, critical, window, for, keep firing (minutes), samples,
# description, what differs from the defaults
RULES: list[tuple[str, str, str, str, float | None, float | None, int, int, int, int, str,
                  dict[str, Any]]] = [
    ("error-rate", "Error rate", "error_rate", "above", 0.02, 0.1, 5, 3, 5, 50,
     "API requests that were answered with 5xx.", {}),
    ("p95-latency", "p95 latency", "p95_latency", "above", 1, 3, 10, 5, 10, 100,
     "One API request of twenty takes longer.", {}),
    ("throughput-drop", "Throughput drop", "throughput", "below", 4, 6, 30, 15, 15, 0,
     "Far fewer predictions than at this hour of other weeks.", LEARNED),
    ("accuracy-audit", "Accuracy drop (audit)", "accuracy_audit", "below", 0.75, 0.6, 7 * DAY, 60,
     60, 100, "Answers drawn at random that reviewers found right, in a week.", {}),
    ("accuracy-feedback", "Accuracy drop (feedback)", "accuracy_feedback", "below", 0.5, None,
     7 * DAY, 60, 60, 100, "Answers with feedback that nobody calls wrong, in a week. Biased: who \
says something was mostly annoyed.", {}),
    ("low-confidence", "Low-confidence share", "low_confidence_share", "above", 4, 6, 60, 15, 30,
     200, "Far more answers of level low than at this hour of other weeks.", LEARNED),
    ("abstention", "Abstention share", "abstention_share", "above", 4, 6, 60, 15, 30, 200,
     "Far more texts without a category than at this hour of other weeks.", LEARNED),
    ("cache-hit-rate", "Cache hit rate", "cache_hit_rate", "below", 6, None, 60, 30, 30, 500,
     "Far fewer texts are answered from the cache than at this hour of other weeks.", LEARNED),
    ("memory", "Memory", "memory", "above", 2 * GIB, 4 * GIB, 5, 10, 10, 0,
     "Resident memory of one process.", {"by": "process"}),
    ("cpu", "CPU", "cpu", "above", 6, None, 30, 30, 30, 0,
     "All processes use far more CPU than at this hour of other weeks.", LEARNED),
    ("queue-age", "Age of the queue", "queue_age", "above", 300, 1800, 3, 3, 5, 0,
     "How long the oldest task waits for a worker.", {}),
    ("worker-silent", "Worker silent", "worker_silence", "above", 120, 300, 1, 1, 2, 0,
     "No worker process was heard. Nothing runs in the background.", {}),
    ("engine-fallback", "Engine fallback", "engine_fallbacks", "above", 0, None, 1, 3, 2, 0,
     "Web processes cannot load the active version: another one serves, or none.", {}),
    ("version-skew", "Version skew", "version_skew", "above", 0, None, 1, 5, 2, 0,
     "Web processes serve different versions.", {}),
    ("drift", "Drift", "drift", "above", 1, 2, 5, 30, 60, 0,
     "Traffic differs from the reference by more than its threshold.", {"by": "kind"}),
    ("guardrail-stop", "Guard rail passed", "guardrail_stops", "above", 0, None, 1, 0, 1, 0,
     "An experiment made a metric worse than is borne.", {"by": "guardrail"}),
    ("disk-free", "Free disk", "disk_free", "below", 0.15, 0.05, 5, 5, 5, 0,
     "Free share of the data directory's disk.", {}),
    ("failed-jobs", "Failed jobs", "failed_jobs", "above", 0, 4, 60, 0, 0, 0,
     "Jobs that failed within an hour.", {}),
]  # fmt: skip
FIELDS = (
    "name", "measure", "condition", "warning", "critical", "window_minutes", "for_minutes",
    "keep_firing_minutes", "minimum_samples", "description",
)  # fmt: skip


def add_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rules = apps.get_model("monitoring", "AlertRule").objects
    rules = rules.using(schema_editor.connection.alias)
    for key, *values, others in RULES:
        fields = dict(zip(FIELDS, values, strict=True))
        fields["runbook_url"] = f"docs/runbooks.md#{key}"
        rules.update_or_create(key=key, defaults={**fields, **others, "is_builtin": True})


def remove_rules(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Those that never had an alert: the others are kept with what was seen."""
    alias = schema_editor.connection.alias
    seen = apps.get_model("monitoring", "Alert").objects.using(alias).values("rule")
    rules = apps.get_model("monitoring", "AlertRule").objects.using(alias)
    rules.filter(is_builtin=True).exclude(pk__in=seen).delete()


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial")]
    operations = [migrations.RunPython(add_rules, remove_rules)]
