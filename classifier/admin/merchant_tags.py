"""Kinds of merchant: what is bought there, and which category that is."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from classifier.admin.base import Admin
from classifier.admin.cells import change_link, changelist_url, link
from classifier.admin.filters import CategoryFilter
from classifier.admin.history import HistoryAdmin
from classifier.models import Category, Merchant, MerchantTag


class HasCategoryFilter(DropdownFilter):  # type: ignore[misc]
    title = "has a category"
    parameter_name = "has_category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if self.value() not in ("yes", "no"):
            return queryset
        return queryset.filter(category__isnull=self.value() == "no")


@admin.register(MerchantTag)
class MerchantTagAdmin(HistoryAdmin, Admin):
    list_display = ("tag", "words", "category_link", "merchants")
    list_filter = (CategoryFilter, HasCategoryFilter)
    list_select_related = ("category__parent",)
    list_before_template = "classifier/admin/next_version.html"
    change_form_outer_before_template = "classifier/admin/next_version.html"
    search_fields = ("tag", "words", "category__name")
    search_help_text = "Tag, words or category"
    list_per_page = 100
    ordering = ("tag",)
    sortable_by = ("tag", "words", "merchants")
    fields = ("tag", "words", "category")
    readonly_fields = ("tag",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come with the table of merchants."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> "QuerySet[MerchantTag]":
        tags: QuerySet[MerchantTag] = super().get_queryset(request)
        active = (
            Merchant.objects.order_by()
            .active()
            .filter(tag=OuterRef("tag"))
            .values("tag")
            .annotate(count=Count("id"))
            .values("count")
        )
        return tags.annotate(
            active_merchants=Coalesce(Subquery(active, output_field=IntegerField()), Value(0))
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "category":
            kwargs["queryset"] = Category.objects.detailed().in_tree_order()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="category", ordering="category__name")
    def category_link(self, tag: MerchantTag) -> str:
        return change_link(tag.category)

    @admin.display(description="merchants", ordering="active_merchants")
    def merchants(self, tag: Any) -> SafeString:
        url = changelist_url(Merchant, tag=tag.tag, is_active__exact=1)
        return link(url, f"{tag.active_merchants:,}")
