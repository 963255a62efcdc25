"""API keys: made, shown once, revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework_api_key.models import APIKey
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from classifier.admin.base import Admin
from classifier.admin.cells import badge, change_url
from classifier.models import ApiKey, Scope
from classifier.models.api_key import default_scopes
from classifier.services.api_keys import create_api_key, revoke_api_key

# The package's own table: txcat's keys carry scopes and have a table of their own.
admin.site.unregister(APIKey)


class ApiKeyForm(forms.ModelForm[ApiKey]):
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=default_scopes,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="What a program that holds the key may do.",
    )

    def clean_expiry_date(self) -> Any:
        expires_at = self.cleaned_data["expiry_date"]
        is_changed = "expiry_date" in self.changed_data
        if is_changed and expires_at is not None and expires_at <= timezone.now():
            raise forms.ValidationError("This time has passed.")
        return expires_at


@admin.register(ApiKey)
class ApiKeyAdmin(Admin):
    form = ApiKeyForm
    list_display = (
        "name",
        "prefix",
        "scopes_shown",
        "state",
        "created",
        "last_used_at",
        "expiry_date",
    )
    list_filter = (("revoked", BooleanRadioFilter),)
    search_fields = ("name", "prefix")
    search_help_text = "Name or prefix"
    actions_detail = ("revoke",)
    fieldsets = (
        (None, {"fields": ("name", "scopes", "expiry_date")}),
        ("Use", {"fields": (("prefix", "state"), ("created", "last_used_at"))}),
    )
    add_fieldsets = ((None, {"fields": ("name", "scopes", "expiry_date")}),)
    readonly_fields = ("prefix", "state", "created", "last_used_at")
    moments = {"expiry_date": "Expiry"}

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """A key is revoked: its row says who asked for the predictions it paid for."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        is_revoked = obj is not None and obj.revoked
        return not is_revoked and bool(super().has_change_permission(request, obj))

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("classifier.change_apikey")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        if not ApiKey.objects.filter(pk=unquote(str(object_id)), revoked=False).exists():
            return []
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        return allowed

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        row, key = create_api_key(obj.name, obj.scopes, obj.expiry_date)
        obj.pk, obj.prefix = row.pk, row.prefix
        self.message_user(
            request,
            format_html(
                "The key of {}: <code class='api-key'>{}</code> Copy it now: it is kept only as a "
                "hash, and nobody can show it again.",
                obj.name,
                key,
            ),
            messages.WARNING,
        )

    @action(  # type: ignore[untyped-decorator]
        description="Revoke",
        url_path="revoke",
        permissions=["revoke"],
        icon="block",
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404("There is no such key.")
        if request.method != "POST":
            return TemplateResponse(
                request,
                "classifier/admin/confirm.html",
                {
                    **self.admin_site.each_context(request),
                    "title": f"Revoke {row}",
                    "original": row,
                    "opts": self.opts,
                    "text": f"Programs that use the key {row.prefix}… are refused from now on. "
                    "It cannot be undone.",
                    "verb": "Revoke it",
                    "back_url": change_url(row),
                },
            )
        revoke_api_key(row)
        self.log_change(request, row, "Revoked.")
        self.message_user(request, f"{row} is revoked.", messages.SUCCESS)
        return HttpResponseRedirect(change_url(row))

    @admin.display(description="may")
    def scopes_shown(self, row: ApiKey) -> str:
        return ", ".join(row.scopes)

    @admin.display(description="state")
    def state(self, row: ApiKey) -> SafeString:
        if row.revoked:
            return badge("Revoked", "danger")
        return badge("Expired", "warning") if row.has_expired else badge("Usable", "success")
