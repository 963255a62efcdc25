"""Versions: what was measured, and the two acts: build, activate."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import (
    NOTHING,
    STATUS_VARIANTS,
    badge,
    change_link,
    change_url,
    figure,
    interval,
    level_badge,
    percent,
)
from classifier.exceptions import BundleError, ConflictError
from classifier.models import ModelVersion, Prototype
from classifier.models.choices import LevelChoices
from classifier.services.encoders import chosen_encoder
from classifier.services.versions import activate_version, enqueue_build


class ActivationForm(forms.Form):
    reason = forms.CharField(
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Kept with the activation, for whoever asks later.",
    )


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = (
        "name",
        "status_badge",
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
    actions_list = ("build",)
    actions_detail = ("activate",)
    change_form_outer_after_template = "classifier/admin/version_figures.html"
    fieldsets = (
        (None, {"fields": (("name", "status_badge"), ("created_at", "created_by"), "note")}),
        (
            "Measured leave-one-out over its own examples",
            {
                "fields": (
                    ("accuracy_shown", "macro_f1_shown"),
                    ("calibration_error_shown", "weights"),
                    ("example_count", "category_count"),
                )
            },
        ),
        (
            "Made of",
            {"fields": (("encoder_link", "normalizer_version"), "manifest_digest")},
        ),
    )
    readonly_fields = (
        "status_badge",
        "accuracy_shown",
        "macro_f1_shown",
        "calibration_error_shown",
        "weights",
        "encoder_link",
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ModelVersion]":
        versions: QuerySet[ModelVersion] = super().get_queryset(request)
        return versions.select_related("encoder", "created_by")

    def has_build_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("classifier.build_modelversion")

    def has_activate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("classifier.activate_modelversion")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The version that serves has nothing to be activated to."""
        version = self.get_object(request, object_id)
        if version is None or version.status == ModelVersion.Status.ACTIVE:
            return []
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        return allowed

    @action(  # type: ignore[untyped-decorator]
        description="Build a new version",
        url_path="build",
        permissions=["build"],
        icon="construction",
        variant=ActionVariant.PRIMARY,
    )
    def build(self, request: HttpRequest) -> HttpResponse:
        """Ask, then queue: what changes something is a POST."""
        if request.method != "POST":
            return TemplateResponse(
                request,
                "classifier/admin/build_version.html",
                {
                    **self.admin_site.each_context(request),
                    "title": "Build a new version",
                    "opts": self.opts,
                    "encoder": chosen_encoder(),
                    "newest": ModelVersion.objects.first(),
                },
            )
        try:
            job = enqueue_build(started_by=request.user)  # type: ignore[arg-type]
        except ConflictError as error:
            self.message_user(request, str(error), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:classifier_job_changelist"))
        self.message_user(request, format_html("Queued: {}.", change_link(job)), messages.SUCCESS)
        return HttpResponseRedirect(change_url(job))

    @action(  # type: ignore[untyped-decorator]
        description="Activate",
        url_path="activate",
        permissions=["activate"],
        icon="rocket_launch",
        variant=ActionVariant.PRIMARY,
    )
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what serves and what will; activate on POST."""
        version = self.get_object(request, object_id)
        if version is None:
            raise Http404("There is no such version.")
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        form = ActivationForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._activate(request, version, form.cleaned_data["reason"])
        return TemplateResponse(
            request,
            "classifier/admin/activate_version.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Activate {version}",
                "opts": self.opts,
                "form": form,
                "original": version,
                "version": version,
                "sides": [
                    (name, side and self._side(side))
                    for name, side in (
                        ("Serves now", ModelVersion.objects.active().first()),
                        ("Will serve", version),
                    )
                ],
                "back_url": change_url(version),
            },
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        version = self.get_object(request, object_id)
        figures = self._figures(version) if version is not None else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **figures}
        )
        return response

    @admin.display(description="status", ordering="status")
    def status_badge(self, version: ModelVersion) -> SafeString:
        return badge(version.get_status_display(), STATUS_VARIANTS[version.status])

    @admin.display(description="leave-one-out accuracy", ordering="accuracy")
    def accuracy_shown(self, version: ModelVersion) -> str:
        figures = version.figures
        between = interval(figures.get("accuracy_low"), figures.get("accuracy_high"))
        return f"{percent(version.accuracy)} ({between})" if between else percent(version.accuracy)

    @admin.display(description="macro-F1", ordering="macro_f1")
    def macro_f1_shown(self, version: ModelVersion) -> str:
        return figure(version.macro_f1)

    @admin.display(description="expected calibration error")
    def calibration_error_shown(self, version: ModelVersion) -> str:
        return f"{figure(version.calibration_error)} (0 is best)"

    @admin.display(description="weights in a score")
    def weights(self, version: ModelVersion) -> str:
        return (
            f"category's name and description: as {version.figures['anchor_weight']:g} examples; "
            f"nearest example: {percent(version.figures['neighbor_weight'])}"
        )

    @admin.display(description="encoder")
    def encoder_link(self, version: ModelVersion) -> str:
        return change_link(version.encoder)

    def _activate(
        self, request: HttpRequest, version: ModelVersion, reason: str
    ) -> HttpResponseRedirect:
        try:
            activation = activate_version(version, by=request.user, reason=reason)  # type: ignore[arg-type]
        except (BundleError, ConflictError) as error:
            self.message_user(request, f"Not activated. {error}", messages.ERROR)
        else:
            if activation is None:
                self.message_user(request, f"{version} serves already.", messages.INFO)
            else:
                self.message_user(
                    request,
                    f"{version} is active. Every process follows within a second.",
                    messages.SUCCESS,
                )
        return HttpResponseRedirect(change_url(version))

    def _side(self, version: ModelVersion) -> dict[str, Any]:
        return {
            "version": version,
            "link": change_link(version),
            "lines": [
                ("Leave-one-out accuracy", self.accuracy_shown(version)),
                ("Macro-F1", self.macro_f1_shown(version)),
                ("Expected calibration error", figure(version.calibration_error)),
                ("Examples", version.example_count),
                ("Categories", version.category_count),
            ],
        }

    def _figures(self, version: ModelVersion) -> dict[str, Any]:
        """The tables under the form: levels, categories from the worst, activations."""
        prototypes = (
            Prototype.objects.filter(version=version)
            .select_related("category__parent")
            .defer("vector")
            .order_by(F("recall").asc(nulls_first=True), F("precision").asc(nulls_first=True))
        )
        return {
            "levels": {
                "headers": ["Level", "Given where", "Right, of those answered", "Share of all"],
                "rows": [_level_row(level) for level in version.figures.get("levels", [])],
            },
            "categories": {
                "headers": [
                    "Category",
                    "Examples",
                    "Found again (recall)",
                    "Right when named (precision)",
                ],
                "rows": [
                    [
                        change_link(row.category),
                        row.example_count,
                        percent(row.recall, 0),
                        percent(row.precision, 0),
                    ]
                    for row in prototypes
                ],
            },
            "activations": {
                "headers": ["When", "Before it", "By", "Reason"],
                "rows": [
                    [
                        row.created_at,
                        change_link(row.from_version),
                        row.by or "a command",
                        row.reason or NOTHING,
                    ]
                    for row in version.activations.select_related("from_version", "by")
                ],
            },
        }


def _level_row(level: dict[str, Any]) -> list[Any]:
    choice = LevelChoices(level["level"])
    bound, size = level["bound"], level["size"]
    if choice is LevelChoices.ABSTAIN:
        rule = "confidence or similarity is under its bound"
    elif bound is None:
        rule = "never: no bound keeps the promise on these examples"
    else:
        rule = f"confidence ≥ {bound:.2f}"
    between = interval(level["precision_low"], level["precision_high"])
    right = f"{percent(level['precision'])} ({between}) of {size}" if size else "none is in it"
    if choice is LevelChoices.ABSTAIN and size:
        right = f"the best guess would be right in {right}"
    return [level_badge(choice.value, str(choice.label)), rule, right, percent(level["coverage"])]
