"""The learning policy: one row, which opens as a form."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from classifier.admin.base import Admin
from classifier.models import LearningPolicy
from classifier.services.policy import learning_policy


@admin.register(LearningPolicy)
class LearningPolicyAdmin(SimpleHistoryAdmin, Admin):  # type: ignore[misc]
    fields = ("auto_accept_users",)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form itself: a list of one row would be a click for nothing."""
        row = learning_policy()
        response: HttpResponse = self.change_view(request, str(row.pk), "", extra_context)
        return response
