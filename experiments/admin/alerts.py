"""What guard rails saw: a log, read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import badge, change_link, figure
from experiments.admin.cells import ACTION_VARIANTS
from experiments.models import GuardrailAlert


class OpenFilter(DropdownFilter):  # type: ignore[misc]
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "open")


@admin.register(GuardrailAlert)
class GuardrailAlertAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "experiment_link",
        "variant",
        "metric",
        "action_shown",
        "text",
        "resolved_at",
    )
    list_filter = (("action", ChoicesDropdownFilter), OpenFilter)
    list_select_related = ("guardrail__experiment", "guardrail__metric", "variant")
    sortable_by = ()
    fields = (
        ("experiment_link", "variant"),
        ("metric", "action_shown"),
        "text",
        ("created_at", "resolved_at"),
        "seen",
    )
    readonly_fields = ("experiment_link", "metric", "action_shown", "seen")

    @admin.display(description="experiment")
    def experiment_link(self, alert: GuardrailAlert) -> str:
        return change_link(alert.guardrail.experiment)

    @admin.display(description="metric")
    def metric(self, alert: GuardrailAlert) -> str:
        return alert.guardrail.metric.name

    @admin.display(description="what was done")
    def action_shown(self, alert: GuardrailAlert) -> SafeString:
        return badge(alert.get_action_display(), ACTION_VARIANTS[alert.action])

    @admin.display(description="the estimate that it was judged by")
    def seen(self, alert: GuardrailAlert) -> str:
        return "; ".join(
            f"{name.replace('_', ' ')}: {figure(value, 5) if isinstance(value, float) else value}"
            for name, value in alert.evidence.items()
            if value is not None
        )
