"""Predictions: a log of millions of rows, read-only, and the why of each."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
)

from classifier.admin import descriptions
from classifier.admin.cells import (
    NOTHING,
    change_link,
    confidence,
    figure,
    level_badge,
    path_of,
)
from classifier.admin.descriptions import evidence_in_words
from classifier.admin.filters import (
    CategoryFilter,
    FlagFilter,
    MerchantFilter,
    MomentsFilter,
    ReasonFilter,
    UnrecognizedFilter,
    VersionFilter,
)
from classifier.admin.paging import LogAdmin
from classifier.admin.periods import drill_down
from classifier.models import Category, Merchant, Prediction
from classifier.models.choices import AnnotatorChoices
from classifier.services.predictions import explain_prediction


@admin.register(Prediction)
class PredictionAdmin(LogAdmin):
    """Ordered by time of answer: that index serves both the order and the date filters.

    The search is exact, by index: a prediction's id, else a transaction's or a user's. Part of
    a description is not searched for: it would read every row.
    """

    list_display = (
        "created_at",
        "description",
        "merchant_shown",
        "category_shown",
        "level_shown",
        "confidence_shown",
        "version_shown",
        "cache",
        "user_id",
    )
    list_display_links = ("created_at", "description")
    list_filter = (
        ("level", ChoicesDropdownFilter),
        CategoryFilter,
        VersionFilter,
        ("reason", ReasonFilter),
        ("merchant", MerchantFilter),
        UnrecognizedFilter,
        ("is_cached", FlagFilter),
        ("created_at", MomentsFilter),
    )
    list_per_page = 100
    sortable_by = ()
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    search_fields = ("transaction_id",)
    search_help_text = "Exact prediction, transaction or user id"
    change_list_template = "classifier/admin/prediction_list.html"
    change_form_outer_after_template = "classifier/admin/prediction_why.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "description",
                    "canonical_text",
                    ("category_link", "level_shown"),
                    "primary_shown",
                    ("annotator_shown", "rule_link"),
                    ("reason", "confidence_shown"),
                    ("score_shown", "margin_shown"),
                )
            },
        ),
        (
            "What the description says",
            {
                "fields": (
                    ("merchant_link", "merchant_text_shown"),
                    ("processor", "channel"),
                    ("location", "recurring"),
                )
            },
        ),
        (
            "The request",
            {
                "fields": (
                    ("id", "created_at"),
                    ("transaction_id", "user_id"),
                    ("amount", "currency"),
                    ("direction", "mcc"),
                    ("occurred_at", "country_shown"),
                    ("asked_by",),
                )
            },
        ),
        (
            "The answer's making",
            {"fields": (("version_link", "is_cached"), ("latency", "feedback_link"))},
        ),
    )
    readonly_fields = (
        "category_link",
        "primary_shown",
        "level_shown",
        "annotator_shown",
        "rule_link",
        "confidence_shown",
        "score_shown",
        "margin_shown",
        "merchant_link",
        "merchant_text_shown",
        "processor",
        "channel",
        "location",
        "recurring",
        "country_shown",
        "asked_by",
        "version_link",
        "latency",
        "feedback_link",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Prediction]", search_term: str
    ) -> "tuple[QuerySet[Prediction], bool]":
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            by_id = queryset.filter(pk=UUID(term))
        except ValueError:
            by_id = queryset.none()
        if by_id.exists():
            return by_id, False
        # `exclude` repeats the partial indexes' condition, without which they are not used.
        rows = Prediction.objects.order_by()
        by_transaction = rows.filter(transaction_id=term).exclude(transaction_id="").values("pk")
        by_user = rows.filter(user_id=term).exclude(user_id="").values("pk")
        return queryset.filter(pk__in=by_transaction.union(by_user, all=True)), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        times = Prediction.objects.order_by("created_at").values_list("created_at", flat=True)
        periods = drill_down("created_at", request.GET, times.first(), times.last())
        response: HttpResponse = super().changelist_view(
            request, {**(extra_context or {}), "periods": periods}
        )
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        prediction = self.get_object(request, object_id)
        may_view = prediction is not None and self.has_view_permission(request, prediction)
        why = self._why(prediction) if prediction is not None and may_view else {}
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), **why}
        )
        return response

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Prediction]":
        """What it refers to is fetched beside it: given a join, SQLite may start from the other
        table and sort all that belongs to its rows."""
        rows: QuerySet[Prediction] = super().get_queryset(request)
        categories = Category.objects.select_related("parent")
        return rows.prefetch_related(
            "version", "merchant", "primary", Prefetch("category", categories)
        )

    @admin.display(description="category")
    def category_shown(self, prediction: Prediction) -> str:
        if prediction.category is None and prediction.primary is not None:
            return f"{prediction.primary} (primary only)"
        return str(prediction.category) if prediction.category else NOTHING

    @admin.display(description="category")
    def category_link(self, prediction: Prediction) -> str:
        return change_link(prediction.category)

    @admin.display(description="primary category by itself")
    def primary_shown(self, prediction: Prediction) -> str:
        if prediction.primary is None:
            return NOTHING
        return f"{prediction.primary} ({confidence(prediction.primary_confidence)} sure)"

    @admin.display(description="merchant")
    def merchant_shown(self, prediction: Prediction) -> str:
        """By its key where it has no row: the version knew a merchant that the table lost."""
        if prediction.merchant_id is None:
            return NOTHING
        merchant = _merchant(prediction)
        return merchant.name if merchant else prediction.merchant_id

    @admin.display(description="merchant")
    def merchant_link(self, prediction: Prediction) -> str:
        merchant = _merchant(prediction)
        if merchant is None:
            return prediction.merchant_id or "not recognized"
        said = prediction.descriptor.get("merchant_confidence")
        sure = f" ({confidence(said)} sure)" if said is not None else ""
        return format_html("{}{}", change_link(merchant), sure)

    @admin.display(description="merchant text")
    def merchant_text_shown(self, prediction: Prediction) -> str:
        return prediction.merchant_text or NOTHING

    @admin.display(description="paid through")
    def processor(self, prediction: Prediction) -> str:
        return descriptions.processor(prediction.descriptor)

    @admin.display(description="how it was paid")
    def channel(self, prediction: Prediction) -> str:
        return descriptions.channel(prediction.descriptor)

    @admin.display(description="where")
    def location(self, prediction: Prediction) -> str:
        return descriptions.place(prediction.descriptor)

    @admin.display(description="recurring")
    def recurring(self, prediction: Prediction) -> str:
        return descriptions.recurring(prediction.descriptor)

    @admin.display(description="country")
    def country_shown(self, prediction: Prediction) -> str:
        return descriptions.country(prediction.country)

    @admin.display(description="level")
    def level_shown(self, prediction: Prediction) -> SafeString:
        return level_badge(prediction.level, prediction.get_level_display())

    @admin.display(description="confidence")
    def confidence_shown(self, prediction: Prediction) -> str:
        """Where the version did not decide, who did."""
        if prediction.annotator != AnnotatorChoices.MODEL:
            return str(prediction.get_annotator_display()).lower()
        return confidence(prediction.confidence)

    @admin.display(description="decided by")
    def annotator_shown(self, prediction: Prediction) -> str:
        return str(prediction.get_annotator_display())

    @admin.display(description="rule")
    def rule_link(self, prediction: Prediction) -> str:
        return change_link(prediction.rule)

    @admin.display(description="version")
    def version_shown(self, prediction: Prediction) -> str:
        return prediction.version.name

    @admin.display(description="embedding")
    def cache(self, prediction: Prediction) -> str:
        return "from cache" if prediction.is_cached else "computed"

    @admin.display(description="score (similarity)")
    def score_shown(self, prediction: Prediction) -> str:
        return figure(prediction.score)

    @admin.display(description="margin over the runner-up")
    def margin_shown(self, prediction: Prediction) -> str:
        return figure(prediction.margin)

    @admin.display(description="asked by")
    def asked_by(self, prediction: Prediction) -> str:
        return str(prediction.api_key or "a signed-in person")

    @admin.display(description="version")
    def version_link(self, prediction: Prediction) -> str:
        return change_link(prediction.version)

    @admin.display(description="the engine's time for the whole request")
    def latency(self, prediction: Prediction) -> str:
        return f"{prediction.latency_ms:.1f} ms"

    @admin.display(description="feedback")
    def feedback_link(self, prediction: Prediction) -> str:
        said = [
            change_link(row, row) for row in prediction.feedback.select_related("category__parent")
        ]
        return SafeString(", ".join(said)) if said else "nobody has said anything yet"

    def _why(self, prediction: Prediction) -> dict[str, Any]:
        """The tables under the form: what else was considered, and the nearest examples."""
        explanation = explain_prediction(prediction.pk)
        return {
            "unexplained": explanation.missing,
            "merchant_evidence": evidence_in_words(
                explanation.evidence, is_named=prediction.merchant_id is not None
            ),
            "alternatives": {
                "headers": ["Category", "Score"],
                "rows": [
                    [
                        change_link(explanation.categories.get(each["slug"])),
                        figure(each["score"]),
                    ]
                    for each in prediction.alternatives
                ],
            },
            "neighbors": {
                "headers": ["Example", "Category", "Similarity"],
                "rows": [
                    [near.text, path_of(near.category), figure(near.similarity)]
                    for near in explanation.neighbors
                ],
            },
        }


def _merchant(prediction: Prediction) -> Merchant | None:
    """None where none was recognized, and where its row is not there."""
    try:
        return prediction.merchant
    except Merchant.DoesNotExist:
        return None
