"""The metrics that every installation has."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FEEDBACK_ACCURACY = "Share of answers with feedback that nobody calls wrong. Biased: who says \
something was mostly annoyed."
AUDIT_ACCURACY = "Share right of the answers that were drawn at random and reviewed."
CORRECTION = "Share of all answers that somebody called wrong."

# key, name, description, source, field, aggregate, better
METRICS = [
    ("accuracy-feedback", "Accuracy from feedback", FEEDBACK_ACCURACY, "feedback", "", "mean",
     "higher"),
    ("accuracy-audit", "Accuracy from the audit", AUDIT_ACCURACY, "audit", "", "mean", "higher"),
    ("correction-rate", "Correction rate", CORRECTION, "correction", "", "mean", "lower"),
    ("abstention-rate", "Abstention rate", "Share of answers without a category.", "field",
     "is_abstained", "mean", "lower"),
    ("confidence", "Confidence", "Mean of the calibrated confidence.", "field", "confidence",
     "mean", "higher"),
    ("latency-mean", "Latency, mean", "Of the engine, in milliseconds.", "field", "latency_ms",
     "mean", "lower"),
    ("latency-p95", "Latency, 95th percentile", "Of the engine, in milliseconds.", "field",
     "latency_ms", "p95", "lower"),
    ("error-rate", "Error rate", "Share of answers where the variant's engine failed and the \
control's answered.", "field", "is_failed", "mean", "lower"),
]  # fmt: skip
FIELDS = ("name", "description", "source", "field", "aggregate", "better")


def add_metrics(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    metrics = apps.get_model("experiments", "Metric").objects
    metrics = metrics.using(schema_editor.connection.alias)
    for key, *values in METRICS:
        fields = dict(zip(FIELDS, values, strict=True))
        metrics.update_or_create(key=key, defaults={**fields, "is_builtin": True})


def remove_metrics(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Those that nothing is measured by: an experiment protects its own."""
    metrics = apps.get_model("experiments", "Metric").objects
    used = apps.get_model("experiments", "Experiment").objects.values("primary_metric")
    metrics.using(schema_editor.connection.alias).filter(is_builtin=True).exclude(
        pk__in=used
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("experiments", "0001_initial")]
    operations = [migrations.RunPython(add_metrics, remove_metrics)]
