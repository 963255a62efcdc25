"""Receivers: where alerts are told, the test of it, and what was sent there last."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action

from classifier.admin.base import Admin
from classifier.admin.cells import NOTHING, badge, change_url, changelist_url, link
from classifier.admin.filters import FlagFilter
from classifier.admin.history import HistoryAdmin
from monitoring.admin.alert_cells import (
    SENT_VARIANTS,
    answer_shown,
    moment,
    sent_badge,
    severity_badge,
    table,
)
from monitoring.admin.receiver_form import EMAIL, ReceiverForm
from monitoring.models import Notification, Receiver
from monitoring.notifiers.email import addresses_of
from monitoring.services.receivers import is_named_in_log, request_test

LAST = 10


@admin.register(Receiver)
class ReceiverAdmin(HistoryAdmin, Admin):
    form = ReceiverForm
    list_display = ("name", "kind", "where", "severity", "state", "last")
    list_filter = (("kind", ChoicesDropdownFilter), ("is_enabled", FlagFilter))
    search_fields = ("name", "addresses", "url")
    search_help_text = "Name or address"
    sortable_by = ()
    actions_detail = ("send_test",)
    change_form_outer_after_template = "monitoring/admin/receiver_log.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("name", "kind"),
                    "addresses",
                    "url",
                    ("given_secret", "is_secret_made"),
                    "is_enabled",
                )
            },
        ),
        (
            "What it is told",
            {
                "fields": (
                    ("minimum_severity", "sends_resolved"),
                    ("group_wait_seconds", "repeat_minutes"),
                )
            },
        ),
    )
    conditional_fields = {
        "addresses": "kind == 'email'",
        "url": "kind != '' && kind != 'email'",
        "given_secret": "kind != '' && kind != 'email'",
        "is_secret_made": "kind != '' && kind != 'email'",
    }

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/log/",
            self.admin_site.admin_view(self.log),
            name="monitoring_receiver_log",
        )
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Receiver]":
        newest = Notification.objects.filter(receiver=OuterRef("pk")).order_by("-pk")
        receivers: QuerySet[Receiver] = super().get_queryset(request)
        return receivers.annotate(
            last_status=Subquery(newest.values("status")[:1]),
            last_at=Subquery(newest.values("due_at")[:1]),
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Not that which deletes: each is looked at for what was sent to it."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: Receiver | None = None) -> bool:
        """Who was told is kept: such a receiver is switched off."""
        if obj is not None and is_named_in_log(obj):
            return False
        return bool(super().has_delete_permission(request, obj))

    def has_send_test_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("monitoring.change_receiver")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        receiver: Receiver | None = self.get_object(request, unquote(object_id))
        context = extra_context or {}
        if receiver is not None:
            context |= _log(receiver)
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def save_model(self, request: HttpRequest, obj: Receiver, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.cleaned_data["is_secret_made"] and obj.secret:
            self.message_user(
                request,
                format_html(
                    "The secret of {}: <code class='api-key'>{}</code> Copy it now: nobody can "
                    "show it again.",
                    obj.name,
                    obj.secret,
                ),
                messages.WARNING,
            )

    def log(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The part of its page that changes while a test is on its way."""
        receiver = self._seen(request, object_id)
        context = {"original": receiver, **_log(receiver)}
        return TemplateResponse(request, "monitoring/admin/receiver_log.html", context)

    @action(  # type: ignore[untyped-decorator]
        description="Send a test", url_path="test", permissions=["send_test"], icon="send"
    )
    def send_test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        receiver = self._seen(request, object_id)
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": f"Send a test to {receiver}",
                "original": receiver,
                "opts": self.opts,
                "text": "A message that says that nothing is wrong, on the way that alerts take. "
                "It is tried once.",
                "verb": "Send it",
                "back_url": change_url(receiver),
            }
            return TemplateResponse(request, "monitoring/admin/alert_act.html", context)
        request_test(receiver, by=request.user)  # type: ignore[arg-type]
        self.message_user(
            request, "The test is on its way: what comes of it stands below.", messages.SUCCESS
        )
        return HttpResponseRedirect(change_url(receiver))

    def _seen(self, request: HttpRequest, object_id: str) -> Receiver:
        receiver: Receiver | None = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, receiver):
            raise PermissionDenied
        if receiver is None:
            raise Http404("There is no such receiver.")
        return receiver

    @admin.display(description="where")
    def where(self, receiver: Receiver) -> str:
        if receiver.kind == EMAIL:
            return ", ".join(addresses_of(receiver)) or NOTHING
        return receiver.url or NOTHING

    @admin.display(description="from")
    def severity(self, receiver: Receiver) -> SafeString:
        return severity_badge(receiver.minimum_severity)

    @admin.display(description="state")
    def state(self, receiver: Receiver) -> SafeString:
        return badge("On", "success") if receiver.is_enabled else badge("Off", "warning")

    @admin.display(description="last message")
    def last(self, receiver: Any) -> SafeString | str:
        if receiver.last_status is None:
            return NOTHING
        shown = badge(
            str(Notification.Status(receiver.last_status).label),
            SENT_VARIANTS[receiver.last_status],
        )
        return format_html("{} {}", shown, moment(receiver.last_at))


def _log(receiver: Receiver) -> dict[str, Any]:
    """What was sent to it last; `is_test_open` while a test is on its way."""
    rows = list(receiver.notifications.defer("payload")[:LAST])
    return {
        "sent": table(
            ["When", "Message", "State", "Attempt", "Answer"],
            [
                [
                    moment(row.finished_at or row.due_at),
                    link(change_url(row), row.subject),
                    sent_badge(row),
                    row.attempt,
                    answer_shown(row, may_see_receivers=True),
                ]
                for row in rows
            ],
        ),
        "is_test_open": any(
            row.kind == Notification.Kind.TEST
            and row.status in (Notification.Status.WAITING, Notification.Status.SENDING)
            for row in rows
        ),
        "all_sent_url": changelist_url(Notification, receiver__id__exact=receiver.pk),
    }
