"""Alerts: what fires first, their timeline, and a page for each."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)

from classifier.admin.cells import NOTHING, badge
from monitoring.admin.alert_acts import AlertActsAdmin
from monitoring.admin.alert_cells import lasting, severity_badge, status_badge
from monitoring.admin.alert_evidence import judged_of
from monitoring.admin.alert_page import alert_page
from monitoring.admin.episode_bars import DAYS, USUAL_DAYS, timeline
from monitoring.models import Alert, Silence
from monitoring.wording import figure

Status = Alert.Status
# What fires first, then what is pending, then the newest that are over.
RANK = Case(
    When(status=Status.FIRING, then=Value(0)),
    When(status=Status.PENDING, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


class DaysFilter(DropdownFilter):  # type: ignore[misc]
    """What fires is shown whatever the days."""

    title = "days"
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(days), "Last day" if days == 1 else f"Last {days} days") for days in DAYS]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        since = timezone.now() - timedelta(days=days_of(request))
        return queryset.filter(Q(resolved_at=None) | Q(resolved_at__gte=since))


@admin.register(Alert)
class AlertAdmin(AlertActsAdmin):
    list_display = (
        "name",
        "status_shown",
        "severity_shown",
        "text",
        "started_at",
        "lasts",
        "value_shown",
        "acknowledged_by",
        "silenced",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("severity", ChoicesDropdownFilter),
        DaysFilter,
        ("rule", RelatedDropdownFilter),
    )
    list_select_related = ("rule", "acknowledged_by")
    list_before_template = "monitoring/admin/episodes.html"
    search_fields = ("rule__name", "label", "text")
    search_help_text = "Rule, label or text"
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Alert]":
        now = timezone.now()
        covering = Silence.objects.filter(
            Q(rule=None) | Q(rule=OuterRef("rule")),
            Q(label="") | Q(label=OuterRef("label")),
            starts_at__lte=now,
            ends_at__gt=now,
        )
        alerts: QuerySet[Alert] = super().get_queryset(request)
        return alerts.annotate(is_silenced_now=Exists(covering))

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return (RANK, "-pk")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = days_of(request)
        context = {
            "timeline": timeline(chosen, timezone.now()),
            "days": [(days, days == chosen) for days in DAYS],
            **(extra_context or {}),
        }
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        alert: Alert | None = self.get_object(request, unquote(object_id))
        if request.method == "POST" or not self.has_view_permission(request, alert):
            raise PermissionDenied
        if alert is None:
            raise Http404("There is no such alert.")
        context = {
            **self.admin_site.each_context(request),
            "title": str(alert),
            "opts": self.opts,
            "original": alert,
            **alert_page(request, alert, timezone.now()),
        }
        return TemplateResponse(request, "monitoring/admin/alert.html", context)

    @admin.display(description="alert")
    def name(self, alert: Alert) -> str:
        return str(alert)

    @admin.display(description="status")
    def status_shown(self, alert: Alert) -> SafeString:
        return status_badge(alert)

    @admin.display(description="severity")
    def severity_shown(self, alert: Alert) -> SafeString:
        return severity_badge(alert.severity)

    @admin.display(description="lasted")
    def lasts(self, alert: Alert) -> str:
        return lasting((alert.resolved_at or timezone.now()) - alert.started_at)

    @admin.display(description="value")
    def value_shown(self, alert: Alert) -> str:
        judged = judged_of(alert)
        if judged is None or alert.value is None:
            return NOTHING
        return figure(alert.value, judged.unit)

    @admin.display(description="silenced")
    def silenced(self, alert: Any) -> SafeString | str:
        is_hushed = alert.is_silenced_now and alert.status != Status.RESOLVED
        return badge("Silenced", "primary") if is_hushed else NOTHING


def days_of(request: HttpRequest) -> int:
    """As the filter has it, which refuses others."""
    asked = request.GET.get("days", "")
    return int(asked) if asked in map(str, DAYS) else USUAL_DAYS
