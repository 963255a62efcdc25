"""Metrics: the built-in ones to read, one's own to make until an experiment measures by them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from classifier.admin.base import Admin
from classifier.admin.cells import NOTHING
from classifier.admin.filters import FlagFilter
from experiments.models import Metric
from experiments.services.metrics import is_frozen, measured_by


@admin.register(Metric)
class MetricAdmin(Admin):
    list_display = ("name", "key", "source", "of_field", "aggregate", "better", "builtin")
    list_filter = (("is_builtin", FlagFilter), ("source", ChoicesDropdownFilter))
    search_fields = ("key", "name")
    search_help_text = "Key or name"
    fieldsets = (
        (None, {"fields": (("name", "key"), "description")}),
        (
            "What is measured",
            {
                "fields": (("source", "field"), ("equals", "aggregate"), "better"),
                "description": "A metric of one's own is of a field of the answer. Once a started "
                "experiment measures by it, it changes no more.",
            },
        ),
    )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Not that which deletes: each is looked at for experiments that measure by it."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_change_permission(self, request: HttpRequest, obj: Metric | None = None) -> bool:
        if obj is not None and (obj.is_builtin or is_frozen(obj)):
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Metric | None = None) -> bool:
        if obj is not None and (obj.is_builtin or measured_by(obj).exists()):
            return False
        return bool(super().has_delete_permission(request, obj))

    @admin.display(description="built in", boolean=True)
    def builtin(self, metric: Metric) -> bool:
        return metric.is_builtin

    @admin.display(description="field")
    def of_field(self, metric: Metric) -> str:
        if not metric.field:
            return NOTHING
        return (
            f"{metric.get_field_display()} is {metric.equals}"
            if metric.equals
            else str(metric.get_field_display())
        )
