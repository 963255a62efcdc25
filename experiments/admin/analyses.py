"""Analyses: frozen. Each opens as the report that it was, and is exported as such."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import change_link
from experiments.admin.cells import verdict_badge
from experiments.admin.reports import TEMPLATE, report_of, report_url
from experiments.models import Analysis
from experiments.services.results import results_csv, results_json


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "experiment_link", "verdict_shown", "summary", "kind", "by")
    list_filter = (
        ("experiment", RelatedDropdownFilter),
        ("verdict", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
    )
    list_select_related = ("experiment", "by")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        """Reports are long, and lists show none."""
        return super().get_queryset(request).defer("report")

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/export.<str:form>",
            self.admin_site.admin_view(self.export),
            name="experiments_analysis_export",
        )
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The report as it was, without what happened since."""
        analysis = self._seen(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        return TemplateResponse(
            request,
            TEMPLATE,
            {
                **self.admin_site.each_context(request),
                "title": f"Report of {analysis.experiment}",
                "opts": self.opts,
                "original": analysis,
                "is_older": analysis.experiment.analyses.first() != analysis,
                "newest_url": report_url(analysis.experiment),
                "back_url": report_url(analysis.experiment),
                **report_of(analysis),
            },
        )

    def export(self, request: HttpRequest, object_id: str, form: str) -> HttpResponse:
        analysis = self._seen(request, object_id)
        if form == "json":
            response: HttpResponse = JsonResponse(
                results_json(analysis), json_dumps_params={"indent": 2}
            )
        elif form == "csv":
            response = HttpResponse(results_csv(analysis), content_type="text/csv; charset=utf-8")
        else:
            raise Http404("Reports are exported as json and csv.")
        name = f"{analysis.experiment.key}-{analysis.pk}.{form}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def _seen(self, request: HttpRequest, object_id: str) -> Analysis:
        analysis: Analysis | None = self.get_object(request, object_id)
        if analysis is None:
            raise Http404("There is no such analysis.")
        if not self.has_view_permission(request, analysis):
            raise PermissionDenied
        return analysis

    @admin.display(description="experiment")
    def experiment_link(self, analysis: Analysis) -> str:
        return change_link(analysis.experiment)

    @admin.display(description="verdict", ordering="verdict")
    def verdict_shown(self, analysis: Analysis) -> SafeString | str:
        return verdict_badge(analysis.verdict)
