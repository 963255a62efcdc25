"""Notifications: one row an attempt, a log."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from classifier.admin.cells import NOTHING, change_link, change_url, link
from classifier.admin.paging import LogAdmin
from monitoring.admin.alert_cells import VIEW_RECEIVERS, answer_shown, sent_badge
from monitoring.models import Alert, Notification

MAX_ALERTS = 50


@admin.register(Notification)
class NotificationAdmin(LogAdmin):
    list_display = (
        "created_at",
        "subject",
        "receiver",
        "kind",
        "state",
        "attempt",
        "finished_at",
        "answer_shown",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("receiver", RelatedDropdownFilter),
    )
    list_select_related = ("receiver",)
    search_fields = ("subject", "message_id")
    search_help_text = "Subject or id of the message; for who may see receivers, the answer, too"
    sortable_by = ()
    fields = (
        ("receiver", "kind"),
        "subject",
        ("state", "attempt"),
        "answer_shown",
        ("created_at", "due_at"),
        ("started_at", "finished_at"),
        ("message_id", "requested_by"),
        "alerts",
        "other_attempts",
    )
    readonly_fields = ("state", "answer_shown", "alerts", "other_attempts")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Notification]":
        """Messages are long, and lists show none."""
        rows: QuerySet[Notification] = super().get_queryset(request)
        may_see = request.user.has_perm(VIEW_RECEIVERS)
        return rows.defer("payload").annotate(may_see_receivers=Value(may_see))

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """What is not shown is not found either."""
        fields = self.search_fields
        return (*fields, "answer") if request.user.has_perm(VIEW_RECEIVERS) else fields

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """No address asks for answers: page after page it would spell out what is not shown."""
        return not lookup.startswith("answer") and bool(
            super().lookup_allowed(lookup, value, request)
        )

    @admin.display(description="state")
    def state(self, row: Notification) -> SafeString:
        return sent_badge(row)

    @admin.display(description="answer")
    def answer_shown(self, row: Any) -> str:
        return answer_shown(row, row.may_see_receivers)

    @admin.display(description="what it says")
    def alerts(self, row: Notification) -> Any:
        """As the receiver got it, each with a link to the alert."""
        said = row.payload["alerts"]
        if not said:
            return "It is a test: nothing is wrong."
        lines = format_html_join(
            "",
            "<li>{}, {}: {}</li>",
            (
                (
                    link(change_url(Alert(pk=alert["id"])), _name(alert)),
                    alert["status"],
                    alert["text"],
                )
                for alert in said[:MAX_ALERTS]
            ),
        )
        more = row.payload["firing"] + row.payload["resolved"] - len(said)
        return format_html(
            '<ul class="wide-text">{}{}</ul>',
            lines,
            format_html("<li>And {} more.</li>", more) if more else "",
        )

    @admin.display(description="other attempts")
    def other_attempts(self, row: Notification) -> Any:
        others = Notification.objects.filter(message_id=row.message_id).exclude(pk=row.pk)
        found = [
            change_link(other, f"{other.attempt}: {other.get_status_display()}")
            for other in others.order_by("attempt")
        ]
        return format_html_join(", ", "{}", ((each,) for each in found)) or NOTHING


def _name(said: dict[str, Any]) -> str:
    return f"{said['name']} {said['label']}".strip()
