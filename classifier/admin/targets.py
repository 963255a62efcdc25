"""The performance targets: one row, which opens as a form."""

from django.contrib import admin

from classifier.admin.single_row import SingleRowAdmin
from classifier.models import PerformanceTargets


@admin.register(PerformanceTargets)
class PerformanceTargetsAdmin(SingleRowAdmin):
    fieldsets = (
        (
            "Quality",
            {
                "fields": (("min_accuracy", "max_calibration_error"), "max_decisions_changed"),
                "description": "Measured when a version is built, and by comparing it with the "
                "active one. An empty field is no target.",
            },
        ),
        (
            "Speed and memory",
            {
                "fields": (("max_p95_latency_ms", "min_throughput"), "max_memory_mb"),
                "description": "Measured by a benchmark of the version's encoder on this kind of "
                "machine. An empty field is no target.",
            },
        ),
    )
