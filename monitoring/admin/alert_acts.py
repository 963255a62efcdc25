"""The buttons of an alert. Each asks on a page of its own and acts on POST."""

from collections.abc import Callable
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


class AlertActsAdmin(LogAdmin):
    """Its own addresses: the page of an alert links to them."""

    actions = ("acknowledge_chosen",)

    def get_urls(self) -> list[URLPattern]:
        acts = (self.acknowledge, self.unacknowledge, self.comment, self.silence)
        own = [
            path(
                f"<path:object_id>/{act.__name__}/",
                self.admin_site.admin_view(act),
                name=f"monitoring_alert_{act.__name__}",
            )
            for act in acts
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*own, *urls]

    def acknowledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = self._handled(request, object_id)

        def act(form: forms.Form) -> str:
            episodes.acknowledge(alert, by=request.user, text=form.cleaned_data["text"])  # type: ignore[arg-type]
            return "Acknowledged: while it lasts, nobody is told of it again."

        return self._ask(
            request,
            alert,
            verb="Acknowledge",
            text="Somebody looks after it: while it lasts it is not told again. Its end is.",
            make_form=AcknowledgeForm,
            act=act,
        )

    def unacknowledge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = self._handled(request, object_id)

        def act(form: forms.Form) -> str:
            episodes.unacknowledge(alert, by=request.user)  # type: ignore[arg-type]
            return "Taken back: it is told again as long as it fires."

        return self._ask(
            request,
            alert,
            verb="Take the acknowledgement back",
            text="It is told again as long as it fires, as if nobody looked after it.",
            make_form=NothingForm,
            act=act,
        )

    def comment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = self._handled(request, object_id)

        def act(form: forms.Form) -> str:
            episodes.comment(alert, by=request.user, text=form.cleaned_data["text"])  # type: ignore[arg-type]
            return "The comment stands in its timeline."

        return self._ask(
            request,
            alert,
            verb="Comment",
            text="It is kept in the timeline of the alert. Nobody is told of it.",
            make_form=CommentForm,
            act=act,
        )

    def silence(self, request: HttpRequest, object_id: str) -> HttpResponse:
        alert = self._handled(request, object_id)

        def act(form: SilenceForm) -> str:
            label = "" if form.is_of_all_labels() else alert.label
            reason = form.cleaned_data["reason"]
            made = silences.silence(alert.rule, label, form.ends_at(), reason, by=request.user)  # type: ignore[arg-type]
            return f"{made} is silenced. Alerts go on being judged and shown."

        return self._ask(
            request,
            alert,
            verb="Silence",
            text="Nobody is told of it until then. What still fires at the end is told then.",
            make_form=partial(SilenceForm, alert.label),
            act=act,
        )

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

    def _ask(
        self,
        request: HttpRequest,
        alert: Alert,
        *,
        verb: str,
        text: str,
        make_form: Callable[..., forms.Form],
        act: Callable[[Any], str],
    ) -> HttpResponse:
        """The page with its form; on a POST that the form takes, what `act` says of itself."""
        form = make_form(data=request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                said = act(form)
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
            "title": f"{verb}: {alert}",
            "alert": alert,
            "text": text,
            "verb": verb,
            "form": form,
            "back_url": change_url(alert),
        }
        return TemplateResponse(request, "monitoring/admin/alert_act.html", context)
