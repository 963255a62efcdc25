"""The buttons of an alert. Each asks on a page of its own and acts on POST."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from classifier.admin.cells import change_url
from classifier.admin.paging import LogAdmin
from monitoring.admin.alert_forms import AcknowledgeForm, CommentForm, NothingForm, SilenceForm
from monitoring.exceptions import ConflictError, InvalidError
from monitoring.models import Alert
from monitoring.services import episodes, silences

HANDLE = "monitoring.handle_alert"


@dataclass(frozen=True, slots=True)
class Act:
    """A button: what its page says and asks. `do` acts by what the form took, and says what came
    of it; it raises ConflictError where it came too late, InvalidError for a field of the form."""

    verb: str
    text: str
    make_form: Callable[[Alert, Any], forms.Form]
    do: Callable[[Alert, Any, Any], str]


def _acknowledge(alert: Alert, form: AcknowledgeForm, by: Any) -> str:
    episodes.acknowledge(alert, by=by, text=form.cleaned_data["text"])
    return "Acknowledged: while it lasts, nobody is told of it again."


def _unacknowledge(alert: Alert, form: NothingForm, by: Any) -> str:
    episodes.unacknowledge(alert, by=by)
    return "Taken back: it is told again as long as it fires."


def _comment(alert: Alert, form: CommentForm, by: Any) -> str:
    episodes.comment(alert, by=by, text=form.cleaned_data["text"])
    return "The comment stands in its timeline."


def _silence(alert: Alert, form: SilenceForm, by: Any) -> str:
    label = "" if form.is_of_all_labels() else alert.label
    reason = form.cleaned_data["reason"]
    made = silences.silence(alert.rule, label, form.ends_at(), reason, by=by)
    return f"{made} is silenced. Alerts go on being judged and shown."


# By the end of their address.
ACTS = {
    "acknowledge": Act(
        "Acknowledge",
        "Somebody looks after it: while it lasts it is not told again. Its end is.",
        lambda alert, data: AcknowledgeForm(data),
        _acknowledge,
    ),
    "unacknowledge": Act(
        "Take the acknowledgement back",
        "It is told again as long as it fires, as if nobody looked after it.",
        lambda alert, data: NothingForm(data),
        _unacknowledge,
    ),
    "comment": Act(
        "Comment",
        "It is kept in the timeline of the alert. Nobody is told of it.",
        lambda alert, data: CommentForm(data),
        _comment,
    ),
    "silence": Act(
        "Silence",
        "Nobody is told of it until then. What still fires at the end is told then.",
        lambda alert, data: SilenceForm(alert.label, data),
        _silence,
    ),
}


class AlertActsAdmin(LogAdmin):
    """Its own addresses: the page of an alert links to them."""

    actions = ("acknowledge_chosen",)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(partial(self.ask, act=act)),
                name=f"monitoring_alert_{name}",
            )
            for name, act in ACTS.items()
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*own, *urls]

    def ask(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponse:
        """The page of an act; on a POST that its form takes, what it says of itself."""
        alert = self._handled(request, object_id)
        form = act.make_form(alert, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                said = act.do(alert, form, request.user)
            except InvalidError as error:
                form.add_error(error.field, str(error))
            except ConflictError as error:
                self.message_user(request, f"Nothing was changed. {error}", messages.ERROR)
                return HttpResponseRedirect(change_url(alert))
            else:
                self.message_user(request, said, messages.SUCCESS)
                return HttpResponseRedirect(change_url(alert))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": alert,
            "title": f"{act.verb}: {alert}",
            "alert": alert,
            "text": act.text,
            "verb": act.verb,
            "form": form,
            "back_url": change_url(alert),
        }
        return TemplateResponse(request, "monitoring/admin/alert_act.html", context)

    def has_handle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(HANDLE)

    @admin.action(description="Acknowledge", permissions=["handle"])
    def acknowledge_chosen(self, request: HttpRequest, queryset: "QuerySet[Alert]") -> None:
        """Those that can be; of the others it says why not."""
        acknowledged = 0
        for alert in queryset.filter(acknowledged_at=None):
            try:
                episodes.acknowledge(alert, by=request.user)  # type: ignore[arg-type]
                acknowledged += 1
            except ConflictError as error:
                self.message_user(request, f"{alert}: {error}", messages.ERROR)
        self.message_user(request, f"Acknowledged: {acknowledged}.", messages.SUCCESS)

    def _handled(self, request: HttpRequest, object_id: str) -> Alert:
        alert: Alert | None = self.get_object(request, unquote(object_id))
        if not (self.has_view_permission(request, alert) and request.user.has_perm(HANDLE)):
            raise PermissionDenied
        if alert is None:
            raise Http404("There is no such alert.")
        return alert
