"""Rules: what one would do is shown before it is saved; order, use, switches."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
)

from classifier.admin.base import Admin
from classifier.admin.cells import NOTHING, badge, change_link, change_url, changelist_url, link
from classifier.admin.filters import CategoryFilter, FlagFilter
from classifier.admin.history import HistoryAdmin
from classifier.admin.tables import TableAdmin
from classifier.models import Category, Prediction, Rule
from classifier.services.rule_effects import (
    IDLE,
    RulePreview,
    has_decided,
    idle_rules,
    preview_rule,
    with_last_use,
)
from classifier.services.rules import switch_rules

# What a change of it does to answers.
EFFECTIVE = {"kind", "pattern", "category", "position", "is_active"}
CONFIRMED = "_confirmed"


class IdleFilter(DropdownFilter):  # type: ignore[misc]
    title = "use"
    parameter_name = "use"

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        return [("idle", f"Decided nothing for {IDLE.days} days")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(pk__in=idle_rules().values("pk")) if self.value() else queryset


@admin.register(Rule)
class RuleAdmin(TableAdmin, HistoryAdmin, Admin):
    list_display = (
        "pattern_shown",
        "kind",
        "category_link",
        "position",
        "status",
        "used",
        "note",
    )
    list_display_links = ("pattern_shown",)
    list_editable = ("position",)
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        CategoryFilter,
        ("is_active", FlagFilter),
        IdleFilter,
    )
    list_select_related = ("category__parent",)
    list_per_page = 100
    search_fields = ("pattern", "note")
    search_help_text = "Pattern or note"
    ordering = ("position", "id")
    sortable_by = ()
    actions = ("switch_on", "switch_off")
    fields = (("kind", "pattern"), ("category", "position"), ("is_active", "note"))
    change_form_before_template = "classifier/admin/rule_preview_button.html"

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "preview/", self.admin_site.admin_view(self.preview), name="classifier_rule_preview"
        )
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Rule]":
        return with_last_use(super().get_queryset(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "category":
            kwargs["queryset"] = Category.objects.detailed().in_tree_order()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[forms.ModelForm]:  # type: ignore[type-arg]
        form: type[forms.ModelForm[Rule]] = super().get_changelist_form(request, **kwargs)

        class Named(form):  # type: ignore[valid-type,misc]
            """The place of each row is named after its pattern."""

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                name = f"Position of {self.instance.pattern}"
                self.fields["position"].widget.attrs["aria-label"] = name

        return Named

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Not that which deletes: it would read all predictions of a rule that has decided."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        if obj is not None and has_decided(obj):
            return False
        return bool(super().has_delete_permission(request, obj))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        rule: Rule | None = self.get_object(request, object_id)
        if rule is not None and has_decided(rule) and self.has_view_permission(request, rule):
            self.message_user(
                request,
                f"{rule} has decided predictions, which name it: it cannot be deleted. Switch it "
                "off instead.",
                messages.ERROR,
            )
            return HttpResponseRedirect(change_url(rule))
        response: HttpResponse = super().delete_view(request, object_id, extra_context)
        return response

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Before what changes answers is saved, the page that shows which."""
        if request.method == "POST" and CONFIRMED not in request.POST:
            question = self._ask(request, object_id)
            if question is not None:
                return question
        response: HttpResponse = super().changeform_view(
            request, object_id, form_url, extra_context
        )
        return response

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the rule in the form would do. Nothing is saved."""
        rule = self.get_object(request, request.GET.get("rule") or "0")
        if not self._may_save(request, rule):
            raise PermissionDenied
        form = self.get_form(request, rule)(request.GET, instance=rule)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            context["preview"] = _shown(form.instance, preview_rule(form.instance))
        return TemplateResponse(request, "classifier/admin/rule_preview.html", context)

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    @admin.display(description="pattern")
    def pattern_shown(self, rule: Rule) -> str:
        return rule.says

    @admin.display(description="category")
    def category_link(self, rule: Rule) -> str:
        return change_link(rule.category)

    @admin.display(description="status")
    def status(self, rule: Rule) -> SafeString:
        if not rule.is_active:
            return badge("Off", "warning")
        if not (rule.category.is_active and rule.category.primary.is_active):
            return badge("Off with its category", "warning")
        return badge("Active", "success")

    @admin.display(description="last decided")
    def used(self, rule: Any) -> str:
        """When, with a link to what it decided; pointed out where that is long ago."""
        since = timezone.now() - IDLE
        if rule.is_active and rule.created_at < since and (rule.last_used_at or since) <= since:
            return badge(f"Nothing for {IDLE.days} days", "warning")
        if rule.last_used_at is None:
            return NOTHING
        when = date_format(localtime(rule.last_used_at), "DATETIME_FORMAT")
        return link(changelist_url(Prediction, rule__id__exact=rule.pk), when)

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: "QuerySet[Rule]") -> None:
        changed = switch_rules(Rule.objects.filter(pk__in=queryset.values("pk")), True)
        self.message_user(request, f"Switched on: {changed}.", messages.SUCCESS)

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: "QuerySet[Rule]") -> None:
        changed = switch_rules(Rule.objects.filter(pk__in=queryset.values("pk")), False)
        self.message_user(request, f"Switched off: {changed}.", messages.SUCCESS)

    def _ask(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The question before a save; None where nothing hangs on it, or the form is refused."""
        rule: Rule | None = self.get_object(request, object_id) if object_id else None
        if (object_id and rule is None) or not self._may_save(request, rule):
            return None
        form = self.get_form(request, rule)(request.POST, instance=rule)
        if not form.is_valid() or not EFFECTIVE & set(form.changed_data):
            return None
        changed = form.instance
        text = "" if changed.is_active else "It is switched off and decides nothing as it is."
        return TemplateResponse(
            request,
            "classifier/admin/rule_confirm.html",
            {
                **self.admin_site.each_context(request),
                "title": "Save the rule?",
                "opts": self.opts,
                "text": text,
                "preview": _shown(changed, preview_rule(changed)),
                "hidden": [
                    *((name, value) for name, values in request.POST.lists() for value in values
                      if name != "csrfmiddlewaretoken"),
                    (CONFIRMED, "1"),
                ],
                "back_url": request.get_full_path(),
            },
        )  # fmt: skip

    def _may_save(self, request: HttpRequest, rule: Rule | None) -> bool:
        if rule is None:
            return bool(self.has_add_permission(request))
        return bool(self.has_change_permission(request, rule))


def _shown(rule: Rule, preview: RulePreview) -> dict[str, Any]:
    return {
        "title": f"{rule.get_kind_display()} {rule.says}: {rule.category}",
        "text": str(preview),
        "table": {
            "headers": ["Text", "Answered so far", "Would be", "Predictions"],
            "rows": [
                [change.text, change.before or "no category", rule.category, f"{change.count:,}"]
                for change in preview.samples
            ],
        },
    }
