"""Examples: search, move, switch on and off; and inline on the page of their category."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget

from classifier.admin.base import Admin, Inline
from classifier.admin.cells import change_link, changelist_url, link
from classifier.admin.filters import CategoryFilter, FlagFilter, PrimaryCategoryFilter
from classifier.admin.history import HistoryAdmin
from classifier.admin.names import name_by_label
from classifier.admin.tables import TableAdmin
from classifier.admin.what_if import try_example
from classifier.models import Category, Example
from classifier.services.examples import move_examples, switch_examples

TAKEN = {"conflict", "duplicate"}
REFUSALS_SHOWN = 10
# The name of the button that asks what would change, where a browser runs no scripts.
PREVIEW = "_preview"


class ExampleForm(forms.ModelForm[Example]):
    """Where the text is taken, the error links to the example that has it.

    `tried` is what it would change, where that was asked.
    """

    tried: dict[str, Any] | None = None

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        taken = [error for error in self.errors.as_data().get("text", []) if error.code in TAKEN]
        if not taken:
            return
        twin = (
            Example.objects.filter(canonical_text=self.instance.canonical_text)
            .exclude(pk=self.instance.pk)
            .first()
        )
        if twin is not None:
            self.add_error("text", format_html("See {}.", change_link(twin, "that example")))


class TriedForm(ExampleForm):
    """Of a submission that asks what would change: it is shown again and never saved."""

    def is_valid(self) -> bool:
        if super().is_valid():
            self.tried = try_example(self.instance)
        return False


class ExampleRowForm(ExampleForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_by_label(self)


class ExampleFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """Two new rows of one submission are compared with each other too."""

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            if form in self.deleted_forms or not form.has_changed() or form.errors:
                continue
            text = form.instance.canonical_text
            if text in seen:
                form.add_error("text", "Another row above says the same.")
            seen.add(text)


class ExampleInline(Inline):
    model = Example
    form = ExampleRowForm
    formset = ExampleFormSet
    fields = ("text", "canonical_text", "source", "is_override", "is_active")
    readonly_fields = ("canonical_text", "source")
    hide_title = True
    template_before = "classifier/admin/examples_link.html"
    verbose_name = "example"


class MoveForm(forms.Form):
    category = forms.ModelChoiceField(
        Category.objects.none(),
        label="Move to",
        empty_label="Choose a category",
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["category"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101
        choice.queryset = Category.objects.active().detailed().in_tree_order()


@admin.register(Example)
class ExampleAdmin(TableAdmin, HistoryAdmin, Admin):
    form = ExampleForm
    list_display = ("text", "canonical_text", "category_link", "source", "is_active", "created_at")
    list_filter = (
        PrimaryCategoryFilter,
        CategoryFilter,
        ("source", ChoicesDropdownFilter),
        ("is_active", FlagFilter),
    )
    list_select_related = ("category__parent",)
    search_fields = ("text", "canonical_text")
    search_help_text = "Text, as printed or canonical"
    ordering = ("-id",)
    list_per_page = 100
    actions = ("move", "switch_on", "switch_off")
    readonly_fields = ("canonical_text", "source", "created_by", "created_at")
    fieldsets = (
        (None, {"fields": ("category", "text", "is_override", "note", "is_active")}),
        (
            "Kept by the program",
            {"fields": ("canonical_text", "source", "created_by", "created_at")},
        ),
    )
    change_form_before_template = "classifier/admin/what_if_button.html"

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "what-if/", self.admin_site.admin_view(self.what_if), name="classifier_example_what_if"
        )
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def get_form(
        self, request: HttpRequest, obj: Example | None = None, change: bool = False, **kwargs: Any
    ) -> type[ExampleForm]:
        if PREVIEW in request.POST:
            kwargs["form"] = TriedForm
        form: type[ExampleForm] = super().get_form(request, obj, change=change, **kwargs)
        return form

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "category":
            kwargs["queryset"] = Category.objects.detailed().in_tree_order()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def what_if(self, request: HttpRequest) -> HttpResponse:
        """What the example in the form would change. Nothing is saved."""
        example: Example | None = self.get_object(request, request.GET.get("example") or "0")
        may_save = (
            self.has_add_permission(request)
            if example is None
            else self.has_change_permission(request, example)
        )
        if not may_save:
            raise PermissionDenied
        form = self.get_form(request, example)(request.GET, instance=example)
        tried = try_example(form.instance) if form.is_valid() else None
        return TemplateResponse(
            request, "classifier/admin/what_if.html", {"form": form, "tried": tried}
        )

    def save_model(self, request: HttpRequest, obj: Example, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
            obj.source = Example.Source.ANALYST
        super().save_model(request, obj, form, change)

    @admin.display(description="category", ordering="category__name")
    def category_link(self, example: Example) -> str:
        return change_link(example.category)

    @admin.action(description="Move to category…", permissions=["change"])
    def move(self, request: HttpRequest, queryset: "QuerySet[Example]") -> HttpResponse | None:
        """Ask which category, then move; those refused stay, each with its reason."""
        form = MoveForm(request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            return self._ask_where(request, queryset, form)
        category = form.cleaned_data["category"]
        moved, refused = move_examples(queryset, category)
        self.message_user(
            request,
            format_html(
                "{} {} moved to {}.",
                moved,
                "example" if moved == 1 else "examples",
                link(changelist_url(Example, category=category.pk), category),
            ),
            messages.SUCCESS if moved else messages.INFO,
        )
        if refused:
            self._report_refusals(request, refused)
        return None

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: "QuerySet[Example]") -> HttpResponse | None:
        question = self._ask_whether(request, queryset, is_active=True)
        if question is None:
            changed = switch_examples(queryset, True)
            self.message_user(request, f"Switched on: {changed}.", messages.SUCCESS)
        return question

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(
        self, request: HttpRequest, queryset: "QuerySet[Example]"
    ) -> HttpResponse | None:
        question = self._ask_whether(request, queryset, is_active=False)
        if question is None:
            changed = switch_examples(queryset, False)
            self.message_user(
                request,
                f"Switched off: {changed}. The next version will not learn from them.",
                messages.SUCCESS,
            )
        return question

    def _ask_whether(
        self, request: HttpRequest, queryset: "QuerySet[Example]", is_active: bool
    ) -> TemplateResponse | None:
        """The question before more than a page of rows is switched; None where it is answered,
        or needs no asking."""
        if "apply" in request.POST or queryset.count() <= self.list_per_page:
            return None
        changing = queryset.filter(is_active=not is_active).aggregate(
            examples=Count("pk"), categories=Count("category", distinct=True)
        )
        examples, categories = changing["examples"], changing["categories"]
        verb = "Switch on" if is_active else "Switch off"
        return TemplateResponse(
            request,
            "classifier/admin/confirm.html",
            {
                **self.context_of_choice(request, f"{verb} examples"),
                "text": f"{examples:,} example{pluralize(examples)} in {categories:,} "
                f"categor{pluralize(categories, 'y,ies')} would be switched "
                f"{'on' if is_active else 'off'}.",
                "verb": verb,
            },
        )

    def _ask_where(
        self, request: HttpRequest, queryset: "QuerySet[Example]", form: MoveForm
    ) -> TemplateResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return TemplateResponse(
            request,
            "classifier/admin/move_examples.html",
            {
                **self.context_of_choice(request, "Move examples"),
                "form": form,
                "count": queryset.count(),
                "first": queryset[:REFUSALS_SHOWN],
            },
        )

    def _report_refusals(self, request: HttpRequest, refused: list[tuple[Example, str]]) -> None:
        shown = [(change_link(row), why) for row, why in refused[:REFUSALS_SHOWN]]
        more = len(refused) - len(shown)
        self.message_user(
            request,
            format_html(
                "Not moved: {}.<ul>{}</ul>{}",
                len(refused),
                format_html_join("", "<li>{}: {}</li>", shown),
                f"And {more} more." if more else "",
            ),
            messages.WARNING,
        )
