"""The queue's own tables: failed tasks are useful to see, the rest stays out of the way."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Schedule, Success

from classifier.admin.base import ReadOnlyAdmin

for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin):
    list_display = ("name", "func", "started", "stopped", "reason")
    fields = (("name", "func"), ("started", "stopped"), "attempt_count", "args", "result")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are for reading once: who may delete them may tidy up."""
        return request.user.has_perm("django_q.delete_failure")

    @admin.display(description="reason")
    def reason(self, task: Any) -> str:
        return str(task.result).partition("\n")[0][:120]
