"""Merchants: the built-in ones to look up and switch off, the analysts' own beside them."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from classifier.admin.base import Admin
from classifier.admin.cells import NOTHING, badge, change_link
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


class ListField(forms.CharField):
    """A list of texts, written with `separator` between them."""

    def __init__(self, *, separator: str, split: Callable[[str], list[str]], **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.separator = separator
        self.split = split

    def prepare_value(self, value: Any) -> Any:
        return self.separator.join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return self.split(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.split(self.prepare_value(initial) or "") != self.split(data or "")


class TagInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    """A text field that offers the tags there are, with what they mean."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        choices = f"{name}-choices"
        tags = MerchantTag.objects.values_list("tag", "words")
        return format_html(
            '{}<datalist id="{}">{}</datalist>',
            super().render(name, value, {**(attrs or {}), "list": choices}, renderer),
            choices,
            format_html_join("", '<option value="{}">{}</option>', tags),
        )


class MerchantForm(forms.ModelForm[Merchant]):
    aliases = ListField(
        separator="\n",
        split=str.splitlines,
        label="Further names",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="As banks print them, one a line.",
    )
    countries = ListField(
        separator=" ",
        split=lambda text: re.split(r"[\s,;]+", text.strip()) if text.strip() else [],
        max_length=1000,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Two-letter codes with a space between, such as de at ch. Empty: anywhere.",
    )

    class Meta:
        widgets = {"tag": TagInput()}


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
class MerchantAdmin(SimpleHistoryAdmin, Admin):  # type: ignore[misc]
    form = MerchantForm
    list_display = ("name", "tag_shown", "countries_shown", "category_link", "source", "status")
    list_filter = (
        ("source", ChoicesDropdownFilter),
        TagFilter,
        CountryFilter,
        ("is_active", BooleanRadioFilter),
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
        return ("name", "aliases_shown", "category", "tag", "countries_shown", *self.KEPT)

    def get_fieldsets(self, request: HttpRequest, obj: Merchant | None = None) -> Any:
        if obj is None:
            return [self.fieldsets[0]]
        if obj.source == Merchant.Source.OWN:
            return self.fieldsets
        shown = ("name", "aliases_shown", "tag", "countries_shown", "is_active")
        return [(None, {"fields": shown}), self.fieldsets[1]]

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
    def switch_on(self, request: HttpRequest, queryset: "QuerySet[Merchant]") -> None:
        changed, refused = switch_merchants(queryset, True)
        self.message_user(request, f"Switched on: {changed:,}.", messages.SUCCESS)
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

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: "QuerySet[Merchant]") -> None:
        changed, _ = switch_merchants(queryset, False)
        self.message_user(
            request,
            f"Switched off: {changed:,}. The next version will not know them.",
            messages.SUCCESS,
        )
