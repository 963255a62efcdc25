"""Encoders: what was measured of them, and the acts: make, benchmark, tune, choose."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
)

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import NOTHING, badge, change_link, change_url
from classifier.admin.encoder_figures import (
    accuracy_difference,
    changed_share,
    chart,
    elsewhere,
    figures,
    newest_benchmark,
    times,
)
from classifier.engine.kinds import DERIVED_KINDS
from classifier.exceptions import ClassifierError, ConflictError
from classifier.models import Encoder, EncoderChoice, Job
from classifier.services.benchmarks import (
    WITH_BENCHMARKS,
    enqueue_benchmark,
    newest_result,
)
from classifier.services.encoder_kinds import enqueue_prepare
from classifier.services.encoders import choose_encoder, chosen_encoder
from classifier.services.tuning import enqueue_autotune

DERIVED = [(kind.value, kind.label) for kind in DERIVED_KINDS]


class PrepareForm(forms.Form):
    name = forms.CharField(
        label="Model",
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="A sentence-transformers model by its hub name; empty: the one in the settings.",
    )
    source = forms.CharField(
        label="Folder",
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="A folder on the worker's machine that holds the model; empty: found by name.",
    )
    kinds = forms.MultipleChoiceField(
        label="Kinds beside FP32",
        choices=DERIVED,
        initial=lambda: settings.ENCODER_KINDS,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Kept with the choice, for whoever asks later.",
    )


@admin.register(Encoder)
class EncoderAdmin(ReadOnlyAdmin):
    list_display = (
        "name_shown",
        "size",
        "changed",
        "accuracy_shown",
        "latency",
        "throughput",
        "speedup",
        "invariant",
    )
    list_display_links = ("name_shown",)
    list_before_template = "classifier/admin/encoder_chart.html"
    list_after_template = "classifier/admin/encoder_benchmark.html"
    list_per_page = 25
    actions_list = ("prepare", "benchmark", "autotune")
    actions_detail = ("choose",)
    change_form_outer_after_template = "classifier/admin/encoder_figures.html"
    made_fields = (
        (
            None,
            {
                "fields": (
                    ("name", "precision"),
                    ("size", "dimension"),
                    ("max_tokens", "created_at"),
                    ("reference_link", "created_by"),
                )
            },
        ),
        ("Files", {"fields": ("digest", "source_digest", "manifest_digest")}),
    )
    parity_fields = (
        "Compared with the original model",
        {
            "fields": (
                ("parity_texts", "batch_invariant"),
                ("parity_min_cosine", "parity_max_difference"),
            )
        },
    )
    derived_fields = (
        "Compared with its reference",
        {"fields": (("changed", "accuracy_shown"), ("batch_invariant", "refusal"))},
    )
    readonly_fields = ("size", "reference_link", "changed", "accuracy_shown")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Encoder]":
        encoders: QuerySet[Encoder] = super().get_queryset(request)
        chosen = EncoderChoice.objects.order_by("-id").values("encoder")[:1]
        return (
            encoders.select_related("reference", "created_by")
            .prefetch_related(WITH_BENCHMARKS)
            .annotate(is_chosen=Q(pk=Subquery(chosen)))
        )

    def get_fieldsets(self, request: HttpRequest, obj: Encoder | None = None) -> Any:
        """An export is held against the model, what was derived from it against the export."""
        is_export = obj is not None and obj.reference is None
        compared = self.parity_fields if is_export else self.derived_fields
        return (self.made_fields[0], compared, *self.made_fields[1:])

    def has_prepare_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("classifier.prepare_encoder")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The chosen one has nothing to be chosen for."""
        encoder = self.get_object(request, object_id)
        if encoder is None or encoder == chosen_encoder():
            return []
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        return allowed

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"chart": chart(self.get_queryset(request)), "benchmark": newest_benchmark()}
        response: HttpResponse = super().changelist_view(
            request, {**(extra_context or {}), **context}
        )
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        encoder = self.get_object(request, object_id)
        tables = {} if encoder is None else figures(encoder)
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **tables}
        )
        return response

    @action(  # type: ignore[untyped-decorator]
        description="Make encoders",
        url_path="prepare",
        permissions=["prepare"],
        icon="construction",
        variant=ActionVariant.PRIMARY,
    )
    def prepare(self, request: HttpRequest) -> HttpResponse:
        """Ask which, then queue."""
        form = PrepareForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            return self._queued(
                request,
                lambda: enqueue_prepare(
                    name=form.cleaned_data["name"].strip(),
                    source=form.cleaned_data["source"].strip(),
                    kinds=form.cleaned_data["kinds"],
                    started_by=request.user,  # type: ignore[arg-type]
                ),
            )
        return self._page(
            request,
            "classifier/admin/encoder_form.html",
            "Make encoders",
            form=form,
            verb="Make them",
            text="A worker exports the model to ONNX, makes the kinds that are ticked, validates "
            "each against the FP32 export, benchmarks all of them and torch in turns, and chooses "
            "the fastest that keeps the answers. Versions built from then on use it; what serves "
            "now goes on serving.",
        )

    @action(  # type: ignore[untyped-decorator]
        description="Benchmark",
        url_path="benchmark",
        permissions=["prepare"],
        icon="speed",
        variant=ActionVariant.PRIMARY,
    )
    def benchmark(self, request: HttpRequest) -> HttpResponse:
        """Ask, then queue."""
        if request.method == "POST":
            return self._queued(request, lambda: enqueue_benchmark(request.user))  # type: ignore[arg-type]
        return self._page(
            request,
            "classifier/admin/encoder_form.html",
            "Benchmark the encoders",
            form=forms.Form(),
            verb="Benchmark them",
            text="A worker runs all encoders of the chosen model and torch in turns, for about a "
            "minute, on its own machine. On a machine that serves traffic it makes answers slower.",
        )

    @action(  # type: ignore[untyped-decorator]
        description="Autotune",
        url_path="autotune",
        permissions=["prepare"],
        icon="tune",
        variant=ActionVariant.PRIMARY,
    )
    def autotune(self, request: HttpRequest) -> HttpResponse:
        """Ask, then queue. The result is applied on the job's page."""
        if request.method == "POST":
            return self._queued(request, lambda: enqueue_autotune(request.user))  # type: ignore[arg-type]
        return self._page(
            request,
            "classifier/admin/encoder_form.html",
            "Autotune",
            form=forms.Form(),
            verb="Measure",
            text="A worker tries processes, threads and encoders on its own machine, for a few "
            "minutes, and says which do most. Nothing is changed until you apply it on the job's "
            "page.",
        )

    @action(  # type: ignore[untyped-decorator]
        description="Choose",
        url_path="choose",
        permissions=["prepare"],
        icon="check",
        variant=ActionVariant.PRIMARY,
    )
    def choose(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask why, then have versions built with it."""
        encoder = self.get_object(request, object_id)
        if encoder is None:
            raise Http404("There is no such encoder.")
        if not self.has_view_permission(request, encoder):
            raise PermissionDenied
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            if choose_encoder(encoder, by=request.user, reason=form.cleaned_data["reason"]):  # type: ignore[arg-type]
                text = f"{encoder} is chosen. Build a version to use it."
                self.message_user(request, text, messages.SUCCESS)
            else:
                self.message_user(request, f"{encoder} was chosen already.", messages.INFO)
            return HttpResponseRedirect(change_url(encoder))
        return self._page(
            request,
            "classifier/admin/encoder_form.html",
            f"Choose {encoder}",
            form=form,
            original=encoder,
            verb="Choose it",
            back_url=change_url(encoder),
            text=f"Versions are built with {chosen_encoder() or 'no encoder yet'}. From the next "
            f"build on they are built with {encoder}; versions that are built already stay as "
            "they are.",
        )

    @admin.display(description="encoder", ordering="name")
    def name_shown(self, encoder: Encoder) -> SafeString:
        mark = badge("chosen", "success") if encoder.is_chosen else ""  # type: ignore[attr-defined]
        kind = f"{encoder.get_precision_display()} ({encoder.digest[:8]})"
        return format_html('{} {}<br><span class="text-subtle">{}</span>', kind, mark, encoder.name)

    @admin.display(description="size", ordering="size_bytes")
    def size(self, encoder: Encoder) -> str:
        return filesizeformat(encoder.size_bytes)

    @admin.display(description="decisions changed", ordering="decisions_changed")
    def changed(self, encoder: Encoder) -> str:
        return "it is the reference" if encoder.reference is None else changed_share(encoder)

    @admin.display(description="accuracy, against FP32", ordering="accuracy_change")
    def accuracy_shown(self, encoder: Encoder) -> str:
        return accuracy_difference(encoder.validation) if encoder.validation else NOTHING

    @admin.display(description="p50 / p95 / p99 ms")
    def latency(self, encoder: Encoder) -> SafeString | str:
        measured = newest_result(encoder)
        if measured is None:
            return "not benchmarked"
        result = measured.result
        times = f"{result.p50_ms:.1f} / {result.p95_ms:.1f} / {result.p99_ms:.1f}"
        return times if measured.is_here else format_html("{} {}", times, elsewhere(measured))

    @admin.display(description="texts/s")
    def throughput(self, encoder: Encoder) -> str:
        measured = newest_result(encoder)
        return f"{measured.result.texts_per_second:,.0f}" if measured else NOTHING

    @admin.display(description="× FP32 / × torch")
    def speedup(self, encoder: Encoder) -> str:
        measured = newest_result(encoder)
        if measured is None:
            return NOTHING
        result = measured.result
        return f"{times(result.speedup_over_fp32)} / {times(result.speedup_over_torch)}"

    @admin.display(description="batch-invariant", boolean=True, ordering="batch_invariant")
    def invariant(self, encoder: Encoder) -> bool:
        return encoder.batch_invariant

    @admin.display(description="made from")
    def reference_link(self, encoder: Encoder) -> str:
        return change_link(encoder.reference)

    def _queued(self, request: HttpRequest, enqueue: Any) -> HttpResponseRedirect:
        try:
            job: Job = enqueue()
        except ConflictError as error:
            self.message_user(request, str(error), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:classifier_job_changelist"))
        except ClassifierError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:classifier_encoder_changelist"))
        self.message_user(request, format_html("Queued: {}.", change_link(job)), messages.SUCCESS)
        return HttpResponseRedirect(change_url(job))

    def _page(
        self, request: HttpRequest, template: str, title: str, **context: Any
    ) -> TemplateResponse:
        return TemplateResponse(
            request,
            template,
            {
                **self.admin_site.each_context(request),
                "title": title,
                "opts": self.opts,
                "back_url": reverse("admin:classifier_encoder_changelist"),
                **context,
            },
        )
