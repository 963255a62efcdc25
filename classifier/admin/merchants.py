"""Merchants: the built-in ones to look up and switch off, the analysts' own beside them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
)

from classifier.admin.base import Admin
from classifier.admin.cells import NOTHING, badge, change_link
from classifier.admin.filters import FlagFilter
from classifier.admin.history import HistoryAdmin
from classifier.admin.merchant_form import MerchantForm
from classifier.countries import COUNTRIES
from classifier.models import Category, Merchant, MerchantTag
from classifier.models.merchant import every_word
from classifier.services.own_merchants import (
    built_in_namesakes,
    save_own_merchant,
    switch_merchants,
)

REFUSALS_SHOWN = 10
COUNTRIES_SHOWN = 6


class TagFilter(DropdownFilter):  # type: ignore[misc]
    title = "kind"
    parameter_name = "tag"

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        return [(tag, tag) for tag in MerchantTag.objects.values_list("tag", flat=True)]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(tag=self.value()) if self.value() else queryset


class CountryFilter(DropdownFilter):  # type: ignore[misc]
    """Merchants that are known to be of a country."""

    title = "country"
    parameter_name = "country"

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        return sorted(COUNTRIES.items(), key=lambda country: country[1])

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        # SQLite has no search in a JSON list; a code in quotes is found in its text.
        if not self.value():
            return queryset
        return queryset.filter(countries__icontains=f'"{self.value()}"')


@admin.register(Merchant)
class MerchantAdmin(HistoryAdmin, Admin):
    form = MerchantForm
    list_display = ("name", "tag_shown", "countries_shown", "category_link", "source", "status")
    list_filter = (
        ("source", ChoicesDropdownFilter),
        TagFilter,
        CountryFilter,
        ("is_active", FlagFilter),
    )
    list_select_related = ("category__parent",)
    list_before_template = "classifier/admin/next_version.html"
    change_form_outer_before_template = "classifier/admin/next_version.html"
    search_fields = ("search_text",)
    search_help_text = "Name or further name"
    list_per_page = 100
    ordering = ("name", "id")
    sortable_by = ("name",)
    actions = ("switch_on", "switch_off")
    fieldsets = (
        (None, {"fields": ("name", "aliases", "category", "tag", "countries", "is_active")}),
        ("Kept by the program", {"fields": ("key", "source", "wikidata_id", "created_at")}),
    )
    # As a built-in one's page shows them.
    FROM_TABLE = ("name", "aliases_shown", "tag_shown", "all_countries")
    KEPT = ("key", "source", "wikidata_id", "created_at")

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Merchant]", search_term: str
    ) -> "tuple[QuerySet[Merchant], bool]":
        return queryset.filter(every_word(search_term)), False

    def get_readonly_fields(
        self, request: HttpRequest, obj: Merchant | None = None
    ) -> tuple[str, ...]:
        """Of a built-in one all but the switch is the table's."""
        if obj is None or obj.source == Merchant.Source.OWN:
            return self.KEPT
        return (*self.FROM_TABLE, *self.KEPT)

    def get_fieldsets(self, request: HttpRequest, obj: Merchant | None = None) -> Any:
        if obj is None:
            return [self.fieldsets[0]]
        if obj.source == Merchant.Source.OWN:
            return self.fieldsets
        return [(None, {"fields": (*self.FROM_TABLE, "is_active")}), self.fieldsets[1]]

    def get_form(
        self, request: HttpRequest, obj: Merchant | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A built-in one's form is its switch alone."""
        if obj is not None and obj.source == Merchant.Source.BUILT_IN:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "category":
            kwargs["queryset"] = Category.objects.detailed().in_tree_order()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Merchant | None = None) -> bool:
        """Only an own one that no prediction names; the rest is switched off."""
        if obj is None or obj.source != Merchant.Source.OWN or obj.predictions.exists():
            return False
        return bool(super().has_delete_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: Merchant, form: Any, change: bool) -> None:
        if obj.source == Merchant.Source.BUILT_IN:
            super().save_model(request, obj, form, change)
            return
        save_own_merchant(obj)
        namesakes = built_in_namesakes(obj)
        if namesakes:
            self.message_user(
                request,
                format_html(
                    "It has a name of a built-in merchant too: {}. Yours goes before.",
                    format_html_join(
                        ", ", "{}", [(change_link(row),) for row in namesakes[:REFUSALS_SHOWN]]
                    ),
                ),
                messages.WARNING,
            )

    @admin.display(description="kind")
    def tag_shown(self, merchant: Merchant) -> str:
        return merchant.tag or NOTHING

    @admin.display(description="countries")
    def countries_shown(self, merchant: Merchant) -> str:
        codes = [code.upper() for code in merchant.countries]
        if len(codes) > COUNTRIES_SHOWN:
            return f"{', '.join(codes[:COUNTRIES_SHOWN])} and {len(codes) - COUNTRIES_SHOWN} more"
        return ", ".join(codes) or "anywhere"

    @admin.display(description="countries")
    def all_countries(self, merchant: Merchant) -> str:
        return ", ".join(COUNTRIES.get(code, code) for code in merchant.countries) or "anywhere"

    @admin.display(description="further names")
    def aliases_shown(self, merchant: Merchant) -> str:
        return ", ".join(merchant.aliases) or NOTHING

    @admin.display(description="category")
    def category_link(self, merchant: Merchant) -> str:
        return change_link(merchant.category)

    @admin.display(description="status")
    def status(self, merchant: Merchant) -> str:
        return badge("Active", "success") if merchant.is_active else badge("Off", "warning")

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(
        self, request: HttpRequest, queryset: "QuerySet[Merchant]"
    ) -> HttpResponse | None:
        return self._switch(request, queryset, is_active=True)

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(
        self, request: HttpRequest, queryset: "QuerySet[Merchant]"
    ) -> HttpResponse | None:
        return self._switch(request, queryset, is_active=False)

    def _switch(
        self, request: HttpRequest, queryset: "QuerySet[Merchant]", is_active: bool
    ) -> HttpResponse | None:
        """The question before more than a page of rows is switched; else do it and say so."""
        word = "on" if is_active else "off"
        if "apply" not in request.POST and queryset.count() > self.list_per_page:
            return TemplateResponse(
                request,
                "classifier/admin/confirm.html",
                {
                    **self.context_of_choice(request, f"Switch {word} merchants"),
                    "text": f"{queryset.filter(is_active=not is_active).count():,} merchants "
                    f"would be switched {word}.",
                    "verb": f"Switch {word}",
                },
            )
        changed, refused = switch_merchants(queryset, is_active)
        note = "" if is_active else " The next version will not know them."
        self.message_user(request, f"Switched {word}: {changed:,}.{note}", messages.SUCCESS)
        if refused:
            shown = [(change_link(row), why) for row, why in refused[:REFUSALS_SHOWN]]
            self.message_user(
                request,
                format_html(
                    "Not switched on: {}.<ul>{}</ul>",
                    len(refused),
                    format_html_join("", "<li>{}: {}</li>", shown),
                ),
                messages.WARNING,
            )
        return None
