"""The performance targets: one row, which opens as a form."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from classifier.admin.base import Admin
from classifier.models import PerformanceTargets
from classifier.services.targets import performance_targets


@admin.register(PerformanceTargets)
class PerformanceTargetsAdmin(SimpleHistoryAdmin, Admin):  # type: ignore[misc]
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

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form itself: a list of one row would be a click for nothing."""
        row = performance_targets()
        response: HttpResponse = self.change_view(request, str(row.pk), "", extra_context)
        return response
