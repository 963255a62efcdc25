"""Filters that more than one list has."""

from datetime import datetime, time
from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import BigAutoField, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_time
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateTimeFilter,
    TextFilter,
)
from unfold.contrib.filters.forms import RangeDateTimeForm

from classifier.admin.names import name_moment
from classifier.models import Category, ModelVersion


class FlagFilter(BooleanRadioFilter):  # type: ignore[misc]
    """By a yes or no, without the `is_` of its field's name."""

    title: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = str(self.title).removeprefix("is ")


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
        return queryset.filter(category_id=key_of(self.value())) if self.value() else queryset


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
        return queryset.filter(category__parent_id=key_of(self.value()))


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
        return queryset.filter(version_id=key_of(self.value())) if self.value() else queryset


class ReasonFilter(ChoicesDropdownFilter):  # type: ignore[misc]
    """One reason for having no category."""

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if not self.value():
            return queryset
        # `exclude` repeats the partial index's condition, without which it is not used.
        rows: QuerySet[Any] = super().queryset(request, queryset)
        return rows.exclude(**{self.field_path: ""})


class MerchantFilter(AutocompleteSelectFilter):  # type: ignore[misc]
    """One merchant, searched for by name: there are too many for a list."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        """None are listed, so none are fetched."""
        return []


class UnrecognizedFilter(TextFilter):  # type: ignore[misc]
    """One merchant text, where no merchant was recognized."""

    title = "unrecognized merchant text"
    parameter_name = "unrecognized"

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        if not self.value():
            return queryset
        # `exclude` repeats the partial index's condition, without which it is not used.
        rows = queryset.filter(merchant__isnull=True, merchant_text=self.value())
        return rows.exclude(merchant_text="")


class MomentsForm(RangeDateTimeForm):  # type: ignore[misc]
    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(name, *args, **kwargs)
        title = name.replace("_", " ").capitalize()
        for side in ("from", "to"):
            name_moment(self.fields[f"{name}_{side}"], f"{title}, {side}")


class MomentsFilter(RangeDateTimeFilter):  # type: ignore[misc]
    """From and to, in the time zone of the pages. A date without a time is its whole day."""

    form_class = MomentsForm

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        start, end = self._moment("from", time.min), self._moment("to", time.max)
        if start is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": start})
        if end is not None:
            queryset = queryset.filter(**{f"{self.field_path}__lte": end})
        return queryset

    def _moment(self, side: str, default: time) -> datetime | None:
        """Raises IncorrectLookupParameters, which the list answers by dropping its filters."""
        day = self.used_parameters.get(f"{self.field_path}_{side}_0")
        if not day:
            return None
        hour = self.used_parameters.get(f"{self.field_path}_{side}_1")
        try:
            date, moment = parse_date(day), parse_time(hour) if hour else default
        except ValueError as error:
            raise IncorrectLookupParameters(str(error)) from error
        if date is None or moment is None:
            raise IncorrectLookupParameters(f"{day} {hour} is no date.")
        return timezone.make_aware(datetime.combine(date, moment))


def key_of(word: str) -> int:
    """Raises IncorrectLookupParameters, which the list answers by dropping its filters."""
    if not word.isdecimal() or int(word) > BigAutoField.MAX_BIGINT:
        raise IncorrectLookupParameters(f"{word!r} is no key.")
    return int(word)
