"""What every list of this admin shares."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DataError
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.admin import TabularInline as UnfoldTabularInline
from unfold.views import ChangeList

from classifier.admin.names import name_moment


class Admin(UnfoldModelAdmin):  # type: ignore[misc]
    """A list with its pages.

    Filters are sent together, and never with a count beside each choice: that would be one
    scan of the table a choice. `moments` says, by field, what a date and a time are called for
    a screen reader.
    """

    list_filter_submit = True
    list_per_page = 50
    list_max_show_all = 500
    show_facets = ShowFacets.NEVER
    moments: dict[str, str] = {}

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Django's own lets through dates that no calendar has, such as the end of 9999, and NUL,
        which PostgreSQL's texts cannot hold."""
        try:
            return super().get_changelist_instance(request)
        except (DataError, OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(str(error)) from error

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Django's own finds relations without a name by `+`, and then stumbles over them."""
        is_allowed: bool = "+" not in to_field and super().to_field_allowed(request, to_field)
        return is_allowed

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """An empty name of a field, which Django's own looks for, is none."""
        return super().get_object(request, object_id, from_field or None)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Without moments: an address has them as text, which two inputs cannot share."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        return {name: value for name, value in initial.items() if name not in self.moments}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in self.moments:
            name_moment(field, self.moments[db_field.name])
        return field

    def context_of_choice(self, request: HttpRequest, title: str) -> dict[str, Any]:
        """For a page between the choice of rows and the act: `hidden` repeats the choice."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "hidden": [
                *((ACTION_CHECKBOX_NAME, pk) for pk in chosen),
                ("action", request.POST["action"]),
                ("select_across", request.POST.get("select_across", "0")),
                ("apply", "1"),
            ],
            "back_url": request.get_full_path(),
        }


class ReadOnlyAdmin(Admin):
    """Rows that the program writes: nobody adds, changes or deletes one by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Inline(UnfoldTabularInline):  # type: ignore[misc]
    """Rows of another table on the page of the one they belong to."""

    extra: int = 0
    per_page: Any = 20
