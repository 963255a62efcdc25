"""The history of a row, by addresses that may be typed."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Field
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin


class HistoryAdmin(SimpleHistoryAdmin):  # type: ignore[misc]
    """Where the address names no row, the page is not found. The package asks the database."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        _check(self.opts.pk, unquote(object_id))
        page: HttpResponse = super().history_view(request, object_id, extra_context)
        return page

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        manager = getattr(self.model, self.opts.simple_history_manager_attribute)
        _check(self.opts.pk, object_id)
        _check(manager.model._meta.pk, version_id)
        page: HttpResponse = super().history_form_view(
            request, object_id, version_id, extra_context
        )
        return page


def _check(field: "Field[Any, Any]", key: str) -> None:
    """Raises Http404 where no row has such a key."""
    try:
        field.to_python(key)
    except ValidationError as error:
        raise Http404(f"“{key}” is no key.") from error
