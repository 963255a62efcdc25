"""What people said of predictions."""

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from classifier.admin.cells import NOTHING, badge, change_link
from classifier.admin.filters import FlagFilter, MomentsFilter
from classifier.admin.paging import LogAdmin
from classifier.models import Feedback


@admin.register(Feedback)
class FeedbackAdmin(LogAdmin):
    list_display = (
        "created_at",
        "said",
        "prediction_link",
        "predicted",
        "right_category",
        "status",
        "user_id",
        "source",
        "comment",
    )
    list_filter = (
        ("is_correct", FlagFilter),
        ("status", ChoicesDropdownFilter),
        ("created_at", MomentsFilter),
    )
    ordering = ("-created_at",)
    list_select_related = ("prediction__category__parent", "category__parent")
    fields = (
        ("created_at", "said"),
        ("prediction_link", "predicted"),
        ("right_category", "source"),
        ("user_id", "who"),
        ("canonical_text", "comment"),
        ("status", "came_of_it"),
        "history",
    )
    readonly_fields = (
        "said",
        "prediction_link",
        "predicted",
        "right_category",
        "who",
        "came_of_it",
        "history",
    )

    @admin.display(description="said", ordering="is_correct")
    def said(self, feedback: Feedback) -> SafeString:
        return badge("Right", "success") if feedback.is_correct else badge("Wrong", "danger")

    @admin.display(description="prediction")
    def prediction_link(self, feedback: Feedback) -> str:
        return change_link(feedback.prediction)

    @admin.display(description="predicted")
    def predicted(self, feedback: Feedback) -> str:
        return str(feedback.prediction.category or "no category")

    @admin.display(description="right category")
    def right_category(self, feedback: Feedback) -> str:
        return str(feedback.category or "not named")

    @admin.display(description="came by")
    def who(self, feedback: Feedback) -> str:
        return str(feedback.api_key or feedback.created_by or "unknown")

    @admin.display(description="came of it")
    def came_of_it(self, feedback: Feedback) -> str:
        return change_link(feedback.example or feedback.rule)

    @admin.display(description="what happened")
    def history(self, feedback: Feedback) -> str:
        events = feedback.events.select_related("by")
        lines = [
            (date_format(localtime(event.created_at), "DATETIME_FORMAT"), event,
             f"by {event.by or 'the program'}", event.note)
            for event in events
        ]  # fmt: skip
        return format_html_join("", "<p>{}: {}, {} {}</p>", lines) or NOTHING
