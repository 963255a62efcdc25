"""Drift: reports as pages, a button that measures now, and the choice of a calm window."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant

from classifier.admin.base import Admin, ReadOnlyAdmin
from classifier.admin.cells import badge, change_link, changelist_url
from monitoring.admin.drift_page import page_of
from monitoring.models import DriftReference, DriftReport
from monitoring.services.drift import (
    DriftRequestError,
    check_calm_window,
    newest_report,
    request_measurement,
)

TEMPLATE = "monitoring/admin/drift.html"
TEXT = (
    "A worker measures the last 24 hours against the calm window and against what the active "
    "version was built of. It takes about half a minute."
)


@admin.register(DriftReport)
class DriftReportAdmin(ReadOnlyAdmin):
    list_display = ("measured", "drift_shown", "summary", "version_link", "trigger", "by")
    list_filter = (
        ("version", RelatedDropdownFilter),
        ("trigger", ChoicesDropdownFilter),
    )
    list_select_related = ("version", "by")
    sortable_by = ()
    actions_list = ("newest", "measure")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[DriftReport]":
        """Figures are long, and lists show none."""
        rows: QuerySet[DriftReport] = super().get_queryset(request).defer("figures")
        return rows

    def has_measure_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitoring.measure_drift")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The report as it was."""
        report: DriftReport | None = self.get_object(request, object_id)
        if report is None:
            raise Http404("There is no such report.")
        if request.method == "POST" or not self.has_view_permission(request, report):
            raise PermissionDenied
        return self._page(request, report)

    @action(  # type: ignore[untyped-decorator]
        description="Newest report", url_path="newest", permissions=["view"], icon="lab_profile"
    )
    def newest(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request, newest_report())

    @action(  # type: ignore[untyped-decorator]
        description="Measure now",
        url_path="measure",
        permissions=["measure"],
        icon="straighten",
        variant=ActionVariant.PRIMARY,
    )
    def measure(self, request: HttpRequest) -> HttpResponse:
        """Say what it does, then queue."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                request_measurement(request.user)  # type: ignore[arg-type]
            except DriftRequestError as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                self.message_user(
                    request, "Queued: the report is here in about a minute.", messages.SUCCESS
                )
            return HttpResponseRedirect(changelist_url(DriftReport))
        return TemplateResponse(
            request,
            "experiments/admin/act.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Measure drift now",
                "text": TEXT,
                "verb": "Measure",
                "form": forms.Form(),
                "back_url": changelist_url(DriftReport),
            },
        )

    def _page(self, request: HttpRequest, report: DriftReport | None) -> HttpResponse:
        return TemplateResponse(
            request,
            TEMPLATE,
            {
                **self.admin_site.each_context(request),
                "title": f"Drift: {report}" if report is not None else "Drift",
                "opts": self.opts,
                "original": report,
                "may_measure": self.has_measure_permission(request),
                **page_of(report, request.user.has_perm),
            },
        )

    @admin.display(description="measured", ordering="-end")
    def measured(self, report: DriftReport) -> str:
        return str(report)

    @admin.display(description="drift")
    def drift_shown(self, report: DriftReport) -> SafeString:
        return badge("Drift", "warning") if report.is_drift else badge("None found", "default")

    @admin.display(description="version")
    def version_link(self, report: DriftReport) -> SafeString | str:
        return change_link(report.version)


class CalmWindowForm(forms.ModelForm[DriftReference]):
    def clean(self) -> dict[str, Any]:
        """Of the active version, which there must be."""
        said: dict[str, Any] = super().clean() or {}
        try:
            self.instance.version = check_calm_window()
        except DriftRequestError as error:
            raise forms.ValidationError(str(error)) from error
        return said


@admin.register(DriftReference)
class DriftReferenceAdmin(Admin):
    """What was chosen stays: another choice is another row."""

    form = CalmWindowForm
    list_display = ("days", "version", "reason", "by", "created_at")
    list_select_related = ("version", "by")
    sortable_by = ()
    fields = ("first_day", "last_day", "reason")

    def has_change_permission(
        self, request: HttpRequest, obj: DriftReference | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: DriftReference | None = None
    ) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: DriftReference, form: Any, change: bool
    ) -> None:
        obj.by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @admin.display(description="calm window")
    def days(self, reference: DriftReference) -> str:
        return str(reference)
