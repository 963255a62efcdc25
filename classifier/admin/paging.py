"""Pages of a table that is too large to be counted."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

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
