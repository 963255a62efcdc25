"""Categories as a tree, with their examples."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.views import ChangeList

from classifier.admin.category_health import CategoryHealthAdmin, health_link
from classifier.admin.cells import badge, change_url, changelist_url, link
from classifier.admin.examples import ExampleInline
from classifier.admin.filters import FlagFilter
from classifier.admin.history import HistoryAdmin
from classifier.admin.tables import TableAdmin
from classifier.models import Category, Example
from classifier.services.categories import RECENT_FEEDBACK, live_accuracy


class CategoryChangeList(ChangeList):  # type: ignore[misc]
    """The rows of the page with what feedback says of each, in one query for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        accuracy = live_accuracy()
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        for category in rows:
            category.accuracy = accuracy.get(category.pk)
        self.result_list = rows


@admin.register(Category)
class CategoryAdmin(TableAdmin, HistoryAdmin, CategoryHealthAdmin):
    list_display = ("tree_name", "examples", "direction", "active", "live_accuracy", "health_page")
    list_display_links = None
    list_filter = (
        ("direction", ChoicesDropdownFilter),
        ("is_active", FlagFilter),
    )
    search_fields = ("name", "slug", "description", "parent__name")
    search_help_text = "Name, slug or description"
    sortable_by = ()
    list_per_page = 300
    fields = (
        ("name", "parent"),
        ("slug", "direction"),
        "description",
        ("sort_order", "is_active"),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CategoryChangeList

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Category]":
        counts: QuerySet[Category] = super().get_queryset(request)
        own = Count("examples", filter=Q(examples__is_active=True))
        below = (
            Example.objects.order_by()
            .filter(category__parent=OuterRef("pk"), is_active=True)
            .values("category__parent")
            .annotate(count=Count("id"))
            .values("count")
        )
        return counts.select_related("parent").annotate(
            active_examples=own,
            active_examples_below=Coalesce(Subquery(below, output_field=IntegerField()), Value(0)),
        )

    def get_ordering(self, request: HttpRequest) -> Sequence[Any]:
        return Category.objects.in_tree_order().query.order_by

    def get_inlines(self, request: HttpRequest, obj: Category | None) -> list[Any]:
        return [ExampleInline] if obj is not None and obj.parent_id is not None else []

    def get_readonly_fields(
        self, request: HttpRequest, obj: Category | None = None
    ) -> tuple[str, ...]:
        return ("slug",) if obj is not None else ()

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Category | None = None
    ) -> dict[str, Any]:
        return {} if obj is not None else {"slug": ("name",)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "parent":
            kwargs["queryset"] = Category.objects.primary().in_tree_order()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,
        formset: "forms.BaseModelFormSet[Any, Any]",
        change: Any,
    ) -> None:
        """Who added an example is not asked; it is known."""
        for added in formset.extra_forms:
            added.instance.created_by = request.user
        super().save_formset(request, form, formset, change)

    @admin.display(description="category")
    def tree_name(self, category: Category) -> SafeString:
        is_detailed = category.parent_id is not None
        return format_html(
            '<a class="{}" href="{}">{}</a>',
            "tree-detailed" if is_detailed else "tree-primary",
            change_url(category),
            category.name,
        )

    @admin.display(description="examples")
    def examples(self, category: Any) -> SafeString | str:
        if category.parent_id is None:
            url = changelist_url(Example, primary=category.pk, is_active__exact=1)
            return link(url, f"{category.active_examples_below} in all")
        url = changelist_url(Example, category=category.pk, is_active__exact=1)
        return link(url, category.active_examples)

    @admin.display(description="status")
    def active(self, category: Category) -> SafeString:
        if not category.is_active:
            return badge("Off", "warning")
        if category.parent is not None and not category.parent.is_active:
            return badge("Off with its parent", "warning")
        return badge("Active", "success")

    @admin.display(description="health")
    def health_page(self, category: Category) -> SafeString:
        return health_link(category)

    @admin.display(description="live accuracy")
    def live_accuracy(self, category: Any) -> SafeString | str:
        figures = category.accuracy
        if figures is None:
            return "no data yet"
        return format_html(
            '<span title="Of the newest {} sayings">{} of {} right</span>',
            f"{RECENT_FEEDBACK:,}",
            figures.right,
            figures.judged,
        )
