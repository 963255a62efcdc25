"""Experiments: drawn up as drafts, frozen once started."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from classifier.admin.cells import NOTHING, change_url
from classifier.exceptions import ConflictError
from classifier.models import ModelVersion
from experiments.admin.cells import share, status_badge, verdict_badge
from experiments.admin.draft_form import (
    FIELDS,
    DraftForm,
    GuardrailInline,
    StartedForm,
    VariantInline,
    plain,
)
from experiments.admin.plans import PlanAdmin, plan_shown
from experiments.admin.reports import ReportAdmin, report_url
from experiments.admin.timeline import alerts_table, timeline_of
from experiments.models import Analysis, Experiment
from experiments.models.experiment import MethodChoices, SplitChoices
from experiments.services.drafts import lock_draft, record_creation
from experiments.services.planning import plan_for

Status = Experiment.Status


@admin.register(Experiment)
class ExperimentAdmin(ReportAdmin, PlanAdmin):
    list_display = (
        "key",
        "status_shown",
        "split",
        "share_shown",
        "versions",
        "days_run",
        "verdict",
        "owner",
    )
    list_filter = (("status", ChoicesDropdownFilter), ("split", ChoicesDropdownFilter))
    list_select_related = ("owner",)
    list_per_page = 25
    search_fields = ("key", "hypothesis")
    search_help_text = "Key or hypothesis"
    sortable_by = ("key",)
    form = DraftForm
    inlines = (VariantInline, GuardrailInline)
    change_form_before_template = "experiments/admin/plan_button.html"
    change_form_outer_before_template = "experiments/admin/experiment_verdict.html"
    change_form_outer_after_template = "experiments/admin/experiment_state.html"
    fieldsets = (
        (None, {"fields": (("key", "owner"), "hypothesis")}),
        (
            "Who takes part",
            {"fields": (("split", "block_minutes"), ("traffic_share", "salt"))},
        ),
        (
            "What is measured",
            {
                "fields": (
                    ("primary_metric", "expected_effect"),
                    "secondary_metrics",
                    ("method", "looks"),
                )
            },
        ),
        ("How long", {"fields": (("min_days", "max_days"), "feedback_days")}),
    )
    started_fieldsets = (
        (None, {"fields": (("status_shown", "started"), "planned_units")}),
        *fieldsets,
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Experiment]":
        experiments: QuerySet[Experiment] = super().get_queryset(request)
        newest = Analysis.objects.filter(experiment=OuterRef("pk")).order_by("-id")
        return experiments.annotate(
            newest_verdict=Subquery(newest.values("verdict")[:1])
        ).prefetch_related("variants__version")

    def get_form(
        self,
        request: HttpRequest,
        obj: Experiment | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        if _is_started(obj):
            kwargs["form"] = StartedForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        if obj is None or not _is_started(obj):
            return self.fieldsets
        unused = set() if obj.split == SplitChoices.TIME else {"block_minutes"}
        if obj.method != MethodChoices.GROUP_SEQUENTIAL:
            unused.add("looks")
        return [
            (title, {"fields": _without(unused, options)})
            for title, options in self.started_fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Experiment | None = None) -> Any:
        """Once it has started, all but its owner and its hypothesis."""
        if not _is_started(obj):
            return ()
        frozen = [name for name in FIELDS if name not in StartedForm.Meta.fields]
        return ("status_shown", "started", "planned_units", *frozen)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk, **super().get_changeform_initial_data(request)}

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Experiment, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """A comparison begins with what serves, against another."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and obj.pk is None and isinstance(inline, VariantInline):
            kwargs["initial"] = [
                {
                    "key": "control",
                    "version": ModelVersion.objects.active().first(),
                    "weight": 0.5,
                    "is_control": True,
                },
                {"key": "candidate", "weight": 0.5},
            ]
        return kwargs

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return plain(super().formfield_for_dbfield(db_field, request, **kwargs))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Not that which deletes: only drafts may be, each on its own page."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: Experiment | None = None) -> bool:
        """What was on live traffic is kept, and with it what was seen."""
        return not _is_started(obj) and bool(super().has_delete_permission(request, obj))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
        except ConflictError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        experiment: Experiment | None = self.get_object(request, object_id)
        state = {}
        if experiment is not None and self.has_view_permission(request, experiment):
            state = _state(experiment)
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **state}
        )
        return response

    def save_model(self, request: HttpRequest, obj: Experiment, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
            super().save_model(request, obj, form, change)
            return
        if obj.status == Status.DRAFT:
            lock_draft(obj)
            super().save_model(request, obj, form, change)
            return
        if "salt" in request.POST:
            raise ConflictError(f"{obj} was started meanwhile and is frozen: nothing is saved.")
        if form.changed_data:
            obj.save(update_fields=form.changed_data)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            record_creation(form.instance, by=request.user)  # type: ignore[arg-type]

    @admin.display(description="status", ordering="status")
    def status_shown(self, experiment: Experiment) -> SafeString:
        return status_badge(experiment)

    @admin.display(description="share of traffic")
    def share_shown(self, experiment: Experiment) -> str:
        return share(experiment.traffic_share)

    @admin.display(description="versions compared")
    def versions(self, experiment: Experiment) -> str:
        """The control first."""
        names = [variant.version.name for variant in experiment.variants.all()]
        return " against ".join([names[0], ", ".join(names[1:])]) if len(names) > 1 else NOTHING

    @admin.display(description="days run")
    def days_run(self, experiment: Experiment) -> str:
        days = experiment.days_run
        return NOTHING if days is None else f"{days:.1f} of {experiment.max_days}"

    @admin.display(description="newest verdict")
    def verdict(self, experiment: Any) -> SafeString | str:
        if experiment.newest_verdict is None:
            return NOTHING
        shown = verdict_badge(experiment.newest_verdict)
        name = f"Report of {experiment}"
        return format_html(
            '<a href="{}" aria-label="{}">{}</a>', report_url(experiment), name, shown
        )

    @admin.display(description="started")
    def started(self, experiment: Experiment) -> str:
        started = experiment.started_at
        return NOTHING if started is None else date_format(localtime(started), "DATETIME_FORMAT")


def _without(unused: set[str], options: dict[str, Any]) -> list[Any]:
    """The fields of a fieldset, some of which stand in one line, but for those."""
    return [
        line if isinstance(line, str) else tuple(name for name in line if name not in unused)
        for line in options["fields"]
    ]


def _is_started(experiment: Experiment | None) -> bool:
    return experiment is not None and experiment.status != Status.DRAFT


def _state(experiment: Experiment) -> dict[str, Any]:
    """What stands under the form: the newest verdict, or what it would take; then its history."""
    is_draft = experiment.status == Status.DRAFT
    newest = experiment.analyses.first()
    return {
        "plan": plan_shown(plan_for(experiment), experiment.primary_metric) if is_draft else None,
        "is_draft": is_draft,
        "newest": newest,
        "newest_badge": verdict_badge(newest.verdict) if newest else None,
        "is_final_awaited": newest is not None and newest.is_outdated_by_stop,
        "newest_sentences": newest.report["verdict"]["sentences"] if newest else [],
        "report_url": report_url(experiment),
        "alerts": alerts_table(experiment),
        "events": timeline_of(experiment),
        "analyses": [
            (change_url(analysis), analysis, verdict_badge(analysis.verdict))
            for analysis in experiment.analyses.select_related("by")[:10]
        ],
    }
