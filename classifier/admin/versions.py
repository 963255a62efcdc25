"""Versions: what was measured of each, and building one."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import truncatechars
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.views import ChangeList

from classifier.admin.cells import (
    STATUS_VARIANTS,
    badge,
    change_link,
    change_url,
    figure,
    percent,
)
from classifier.admin.evaluation import EvaluationAdmin
from classifier.admin.promotions import accuracy_shown
from classifier.admin.version_tables import readiness_badge, tables_of
from classifier.exceptions import ConflictError
from classifier.models import Job, ModelVersion, Retirement
from classifier.services.activations import put_aside
from classifier.services.encoders import chosen_encoder
from classifier.services.learning import enqueue_learning
from classifier.services.policy import learning_policy
from classifier.services.readiness import check_all
from classifier.services.versions import enqueue_build

REASON_SHOWN = 60


class VersionChangeList(ChangeList):  # type: ignore[misc]
    """The rows of the page with what is known of each, in as many queries as for one."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        checked, aside = check_all(rows), put_aside(rows)
        for version in rows:
            version.readiness, version.retirement = checked[version.pk], aside.get(version.pk)
        self.result_list = rows


@admin.register(ModelVersion)
class ModelVersionAdmin(EvaluationAdmin):
    list_display = (
        "name",
        "status_shown",
        "readiness_shown",
        "head",
        "accuracy_shown",
        "macro_f1_shown",
        "example_count",
        "category_count",
        "created_at",
        "created_by",
    )
    list_filter = (("status", ChoicesDropdownFilter),)
    list_select_related = ("created_by",)
    list_per_page = 25
    actions_list = ("build", "learn", *EvaluationAdmin.actions_list)
    change_form_outer_after_template = "classifier/admin/version_figures.html"
    fieldsets = (
        (None, {"fields": (("name", "status_badge"), ("created_at", "created_by"), "note")}),
        (
            "Measured on its own examples, each left out",
            {
                "fields": (
                    "method",
                    ("accuracy_shown", "macro_f1_shown"),
                    ("calibration_error_shown", "weights"),
                    ("example_count", "category_count"),
                )
            },
        ),
        (
            "Made of",
            {"fields": (("head", "encoder_link"), "normalizer_version", "manifest_digest")},
        ),
    )
    readonly_fields = (
        "status_badge",
        "accuracy_shown",
        "macro_f1_shown",
        "calibration_error_shown",
        "method",
        "weights",
        "encoder_link",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ModelVersion]":
        versions: QuerySet[ModelVersion] = super().get_queryset(request)
        return versions.select_related("encoder", "created_by")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return VersionChangeList

    def has_build_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("classifier.build_modelversion")

    @action(  # type: ignore[untyped-decorator]
        description="Build a new version",
        url_path="build",
        permissions=["build"],
        icon="construction",
        variant=ActionVariant.PRIMARY,
    )
    def build(self, request: HttpRequest) -> HttpResponse:
        """Ask, then queue: what changes something is a POST."""
        return self._ask_or_queue(request, "Build a new version", "build", enqueue_build)

    @action(  # type: ignore[untyped-decorator]
        description="Learn from feedback",
        url_path="learn",
        permissions=["build"],
        icon="school",
    )
    def learn(self, request: HttpRequest) -> HttpResponse:
        return self._ask_or_queue(request, "Learn from feedback", "learn", enqueue_learning)

    def _ask_or_queue(
        self, request: HttpRequest, title: str, name: str, enqueue: Callable[..., Job]
    ) -> HttpResponse:
        if request.method != "POST":
            return TemplateResponse(
                request,
                f"classifier/admin/{name}_version.html",
                {
                    **self.admin_site.each_context(request),
                    "title": title,
                    "opts": self.opts,
                    "encoder": chosen_encoder(),
                    "newest": ModelVersion.objects.first(),
                    "policy": learning_policy(),
                },
            )
        try:
            job = enqueue(started_by=request.user)
        except ConflictError as error:
            self.message_user(request, str(error), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:classifier_job_changelist"))
        self.message_user(request, format_html("Queued: {}.", change_link(job)), messages.SUCCESS)
        return HttpResponseRedirect(change_url(job))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        version = self.get_object(request, object_id)
        tables = tables_of(version, request) if version is not None else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **tables}
        )
        return response

    @admin.display(description="status", ordering="status")
    def status_shown(self, version: Any) -> SafeString:
        """In the list, where what is known of each row was looked up for all at once."""
        return _status(version, version.retirement)

    @admin.display(description="status")
    def status_badge(self, version: ModelVersion) -> SafeString:
        return _status(version, put_aside([version]).get(version.pk))

    @admin.display(description="targets")
    def readiness_shown(self, version: Any) -> SafeString:
        return readiness_badge(version.readiness)

    @admin.display(description="out-of-sample accuracy", ordering="accuracy")
    def accuracy_shown(self, version: ModelVersion) -> str:
        return accuracy_shown(version)

    @admin.display(description="macro-F1", ordering="macro_f1")
    def macro_f1_shown(self, version: ModelVersion) -> str:
        return figure(version.macro_f1)

    @admin.display(description="expected calibration error")
    def calibration_error_shown(self, version: ModelVersion) -> str:
        return f"{figure(version.calibration_error)} (0 is best)"

    @admin.display(description="weights in a score")
    def weights(self, version: ModelVersion) -> str:
        figures = version.figures
        said = [
            f"category's name and description: as {figures['anchor_weight']:g} examples",
            f"nearest example: {percent(figures['neighbor_weight'])}",
        ]
        if share := figures.get("linear_share"):
            said.append(f"linear classifier: {percent(share)}")
        return "; ".join(said)

    @admin.display(description="how")
    def method(self, version: ModelVersion) -> str:
        return str(version.figures.get("method", "leave-one-out"))

    @admin.display(description="encoder")
    def encoder_link(self, version: ModelVersion) -> str:
        return change_link(version.encoder)


def _status(version: ModelVersion, retirement: Retirement | None) -> SafeString:
    label = badge(version.get_status_display(), STATUS_VARIANTS[version.status])
    if retirement is None:
        return label
    return format_html(
        '{} <span class="text-subtle">by {}, {}{}</span>',
        label,
        retirement.by or "a command",
        date_format(localtime(retirement.created_at), "DATE_FORMAT"),
        f": {truncatechars(retirement.reason, REASON_SHOWN)}" if retirement.reason else "",
    )
