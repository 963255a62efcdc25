"""Pages of a table that is too large to be counted."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from unfold.views import ChangeList

from classifier.admin.base import ReadOnlyAdmin

CAP = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to CAP and no further; what lies beyond is reached by filters.

    Neither the count nor the last page's offset grows with the table.
    """

    template_name = "classifier/admin/pagination_capped.html"

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: CAP + 1].count())

    @cached_property
    def count(self) -> int:
        return min(self._counted, CAP)

    @property
    def count_shown(self) -> str:
        return f"{self.count:,}+" if self._counted > CAP else f"{self.count:,}"


class CappedChangeList(ChangeList):  # type: ignore[misc]
    """Says how many rows there are in one place, and there to CAP."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class LogAdmin(ReadOnlyAdmin):
    """A log that grows without end."""

    paginator: type[Paginator] = CappedPaginator  # type: ignore[type-arg]
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CappedChangeList
