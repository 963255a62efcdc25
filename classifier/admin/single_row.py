"""A table of one row opens as its form."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from classifier.admin.base import Admin
from classifier.admin.history import HistoryAdmin
from classifier.services.single_rows import single_row


class SingleRowAdmin(HistoryAdmin, Admin):
    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form itself: a list of one row would be a click for nothing."""
        row = single_row(self.model)
        response: HttpResponse = self.change_view(request, str(row.pk), "", extra_context)
        return response
