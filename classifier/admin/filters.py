"""Filters that more than one list has."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from classifier.models import Category, ModelVersion


class CategoryFilter(DropdownFilter):  # type: ignore[misc]
    """One detailed category. Named in one query, whatever their number."""

    title = "category"
    parameter_name = "category"

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        detailed = Category.objects.detailed().in_tree_order()
        return [(str(category.pk), str(category)) for category in detailed]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(category_id=int(self.value())) if self.value() else queryset


class PrimaryCategoryFilter(DropdownFilter):  # type: ignore[misc]
    """All the categories under one primary category."""

    title = "primary category"
    parameter_name = "primary"

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        primary = Category.objects.primary().in_tree_order()
        return [(str(category.pk), category.name) for category in primary]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if not self.value():
            return queryset
        return queryset.filter(category__parent_id=int(self.value()))


class VersionFilter(DropdownFilter):  # type: ignore[misc]
    """One version, newest first."""

    title = "version"
    parameter_name = "version"

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        versions = ModelVersion.objects.order_by("-id").values_list("pk", "name")
        return [(str(pk), name) for pk, name in versions]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(version_id=int(self.value())) if self.value() else queryset
