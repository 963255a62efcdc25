"""What account holders call their own payments, to look at and to erase."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.decorators import action
from unfold.enums import ActionVariant

from classifier.admin.cells import NOTHING, change_link, change_url, changelist_url
from classifier.admin.filters import CategoryFilter
from classifier.admin.paging import LogAdmin
from classifier.models import PersonalCategory, PersonalErasure
from classifier.services.personal import erase


@admin.register(PersonalCategory)
class PersonalCategoryAdmin(LogAdmin):
    """The search is exact, by index."""

    list_display = ("subject", "user_id", "category_link", "updated_at")
    list_filter = (CategoryFilter,)
    list_select_related = ("category__parent",)
    search_fields = ("user_id",)
    search_help_text = "Exact user id"
    ordering = ("-id",)
    sortable_by = ()
    fields = (("user_id", "category_link"), ("canonical_text", "merchant_key"), "updated_at")
    readonly_fields = ("category_link",)
    actions_detail = ("erase",)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[PersonalCategory]", search_term: str
    ) -> "tuple[QuerySet[PersonalCategory], bool]":
        term = search_term.strip()
        return (queryset.filter(user_id=term) if term else queryset), False

    def has_erase_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("classifier.delete_personalcategory")

    @admin.display(description="text or merchant")
    def subject(self, row: PersonalCategory) -> str:
        return row.canonical_text or row.merchant_key

    @admin.display(description="category")
    def category_link(self, row: PersonalCategory) -> str:
        return change_link(row.category)

    @action(  # type: ignore[untyped-decorator]
        description="Erase all of this user",
        url_path="erase",
        permissions=["erase"],
        icon="person_remove",
        variant=ActionVariant.DANGER,
    )
    def erase(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then forget all that this person said of their own payments."""
        row: PersonalCategory | None = self.get_object(request, object_id)
        if row is None:
            raise Http404("There is no such row.")
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        count = PersonalCategory.objects.filter(user_id=row.user_id).count()
        if request.method != "POST":
            page = {
                **self.admin_site.each_context(request),
                "title": "Erase all of this user",
                "opts": self.opts,
                "text": f"{count:,} texts and merchants of the user {row.user_id} would be "
                "forgotten. Rules and versions answer them then. It cannot be undone.",
                "verb": "Erase",
                "hidden": [],
                "back_url": change_url(row),
            }
            return TemplateResponse(request, "classifier/admin/confirm.html", page)
        erased = erase(row.user_id, by=request.user)  # type: ignore[arg-type]
        self.message_user(request, f"Erased: {erased:,}.", messages.SUCCESS)
        return HttpResponseRedirect(changelist_url(PersonalCategory))


@admin.register(PersonalErasure)
class PersonalErasureAdmin(LogAdmin):
    list_display = ("created_at", "count", "who", "user_digest")
    list_select_related = ("by", "api_key")
    ordering = ("-id",)
    sortable_by = ()
    fields = (("created_at", "count"), ("who", "user_digest"))
    readonly_fields = ("who",)

    @admin.display(description="by")
    def who(self, row: PersonalErasure) -> str:
        return str(row.by or row.api_key or NOTHING)
