"""Silences: made, ended before their time, and kept."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant

from classifier.admin.base import Admin
from classifier.admin.cells import badge, change_url
from monitoring.exceptions import ConflictError
from monitoring.models import Silence
from monitoring.services.silences import LONGEST, TOO_LONG, end_silence, silence

USUAL = timedelta(hours=4)


class RunningFilter(DropdownFilter):  # type: ignore[misc]
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "Running"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        match self.value():
            case "running":
                return queryset.filter(ends_at__gt=now)
            case "over":
                return queryset.filter(ends_at__lte=now)
            case _:
                return queryset


class SilenceForm(forms.ModelForm[Silence]):
    class Meta:
        model = Silence
        fields = ("rule", "label", "ends_at", "reason")

    def clean_ends_at(self) -> Any:
        ends_at = self.cleaned_data["ends_at"]
        if ends_at <= timezone.now():
            raise forms.ValidationError("This time has passed.")
        if ends_at > timezone.now() + LONGEST:
            raise forms.ValidationError(TOO_LONG)
        return ends_at

    def clean(self) -> dict[str, Any] | None:
        said = super().clean() or self.cleaned_data
        if said.get("label") and "rule" in said and said["rule"] is None:
            self.add_error("label", "Of all rules there is no one label: choose the rule.")
        return said

    def _post_clean(self) -> None:
        """It begins when it is saved; until then the row must not judge its times."""
        self.instance.starts_at = timezone.now()
        super()._post_clean()  # type: ignore[misc]


@admin.register(Silence)
class SilenceAdmin(Admin):
    form = SilenceForm
    list_display = ("__str__", "state", "reason", "starts_at", "ends_at", "created_by", "ended_by")
    list_filter = (RunningFilter, ("rule", RelatedDropdownFilter))
    list_select_related = ("rule", "created_by", "ended_by")
    sortable_by = ()
    search_fields = ("rule__name", "label", "reason")
    search_help_text = "Rule, label or reason"
    actions_detail = ("end",)
    moments = {"ends_at": "End"}
    fieldsets = (
        (
            None,
            {
                "fields": (("rule", "label"), ("state", "starts_at", "ends_at"), "reason",
                           ("created_by", "ended_by")),
            },
        ),
    )  # fmt: skip
    add_fieldsets = (
        (
            None,
            {
                "fields": (("rule", "label"), "ends_at", "reason"),
                "description": "It begins at once. Alerts go on being judged and shown; one that "
                "still fires at the end is told then.",
            },
        ),
    )
    readonly_fields = ("state", "starts_at", "created_by", "ended_by")

    def get_fieldsets(self, request: HttpRequest, obj: Silence | None = None) -> Any:
        return self.add_fieldsets if obj is None else self.fieldsets

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        until = timezone.now() + USUAL
        return {"ends_at": until, **super().get_changeform_initial_data(request)}

    def has_change_permission(self, request: HttpRequest, obj: Silence | None = None) -> bool:
        """It is ended, and another is made: what was silenced when stays to be read."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Silence | None = None) -> bool:
        return False

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("monitoring.handle_alert")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        row = self.get_object(request, object_id)
        if row is None or row.ends_at <= timezone.now():
            return []
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        return allowed

    def save_model(self, request: HttpRequest, obj: Silence, form: Any, change: bool) -> None:
        made = silence(obj.rule, obj.label, obj.ends_at, obj.reason, by=request.user)  # type: ignore[arg-type]
        obj.pk, obj.starts_at = made.pk, made.starts_at

    @action(  # type: ignore[untyped-decorator]
        description="End now",
        url_path="end",
        permissions=["end"],
        icon="notifications_active",
        variant=ActionVariant.PRIMARY,
    )
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: Silence | None = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404("There is no such silence.")
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": f"End the silence of {row}",
                "original": row,
                "opts": self.opts,
                "text": "What fires is told from now on.",
                "verb": "End it now",
                "back_url": change_url(row),
            }
            return TemplateResponse(request, "classifier/admin/confirm.html", context)
        try:
            end_silence(row, by=request.user)  # type: ignore[arg-type]
        except ConflictError as error:
            self.message_user(request, f"Nothing was changed. {error}", messages.ERROR)
        else:
            self.message_user(request, f"The silence of {row} is ended.", messages.SUCCESS)
        return HttpResponseRedirect(change_url(row))

    @admin.display(description="state")
    def state(self, row: Silence) -> SafeString:
        now = timezone.now()
        if row.ends_at <= now:
            return badge("Ended" if row.ended_by_id else "Over")
        return badge("Running", "primary")
