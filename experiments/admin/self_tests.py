"""A/A self-tests: whether the methods raise false alarms on this deployment's own traffic."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import badge, change_url, changelist_url, interval, percent
from classifier.exceptions import ConflictError
from experiments.models import Metric, SelfTest
from experiments.services.self_tests import request_self_test

STATUS_VARIANTS: dict[str, str] = {
    SelfTest.Status.QUEUED.value: "info",
    SelfTest.Status.DONE.value: "success",
    SelfTest.Status.FAILED.value: "danger",
}
TEXT = (
    "A worker draws units that were measured to two arms at random, many times over. They differ "
    "by chance alone, so that each difference that a method finds is a false alarm. It costs no "
    "traffic."
)


class SelfTestForm(forms.Form):
    metric = forms.ModelChoiceField(
        Metric.objects.filter(source=Metric.Source.FIELD, aggregate=Metric.Aggregate.MEAN).exclude(
            field=Metric.Field.IS_FAILED
        ),
        widget=UnfoldAdminSelectWidget(),
        help_text="The mean of a field that answers have without an experiment.",
    )


@admin.register(SelfTest)
class SelfTestAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "metric", "status_shown", "alarms", "by", "finished_at")
    list_select_related = ("metric", "by")
    sortable_by = ()
    actions_list = ("run",)
    fields = (("metric", "status_shown"), ("created_at", "finished_at"), "by", "error")
    readonly_fields = ("status_shown",)
    change_form_outer_after_template = "experiments/admin/self_test_result.html"

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("experiments.add_selftest")

    @action(  # type: ignore[untyped-decorator]
        description="A/A self-test",
        url_path="run",
        permissions=["run"],
        icon="science",
        variant=ActionVariant.PRIMARY,
    )
    def run(self, request: HttpRequest) -> HttpResponse:
        """Ask of what metric, then queue."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = SelfTestForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                row = request_self_test(form.cleaned_data["metric"], by=request.user)  # type: ignore[arg-type]
            except ConflictError as error:
                self.message_user(request, str(error), messages.WARNING)
                return HttpResponseRedirect(changelist_url(SelfTest))
            self.message_user(request, "Queued: it takes a minute or two.", messages.SUCCESS)
            return HttpResponseRedirect(change_url(row))
        return TemplateResponse(
            request,
            "experiments/admin/act.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "A/A self-test",
                "text": TEXT,
                "verb": "Run",
                "form": form,
                "back_url": changelist_url(SelfTest),
            },
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        test: SelfTest | None = self.get_object(request, object_id)
        shown = {"result": _result_table(test.result)} if test is not None and test.result else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **shown}
        )
        return response

    @admin.display(description="status")
    def status_shown(self, test: SelfTest) -> SafeString:
        return badge(test.get_status_display(), STATUS_VARIANTS[test.status])

    @admin.display(description="false alarms")
    def alarms(self, test: SelfTest) -> str:
        if test.status == SelfTest.Status.FAILED:
            return test.error
        rows = test.result["methods"] if test.result else []
        return "; ".join(f"{row['method']}: {percent(row['share'])}" for row in rows) or "not yet"


def _result_table(result: dict[str, Any]) -> dict[str, Any]:
    return {
        "headers": ["Method", "False alarms", "95% interval", "Promised at most", "Kept"],
        "rows": [
            [
                row["method"],
                f"{percent(row['share'])} ({row['count']:,} of {row['repetitions']:,})",
                interval(row["low"], row["high"]),
                percent(row["limit"]),
                badge("Yes", "success") if row["low"] <= row["limit"] else badge("No", "danger"),
            ]
            for row in result["methods"]
        ],
    }
