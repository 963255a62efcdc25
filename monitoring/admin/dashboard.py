"""What all pages of monitoring have: who may see them, the range of time, and the refreshing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from classifier.admin.cells import changelist_url
from monitoring.services.health import newest_snapshot
from monitoring.services.windows import RANGES, Range, Window, window_of

REFRESH_SECONDS = 30
DEFAULT_RANGE = "24h"


@dataclass(frozen=True, slots=True)
class Asked:
    """The range of time that the address names, or the usual one."""

    now: datetime
    newest: datetime | None
    chosen: Range
    window: Window


Page = Callable[[HttpRequest, Asked], dict[str, Any]]


def dashboard(
    title: str, template: str, ranges: Sequence[Range] = RANGES
) -> Callable[[Page], Callable[[HttpRequest], HttpResponse]]:
    """A page out of a function that gives what its template says of a range of time."""

    def decorate(page: Page) -> Callable[[HttpRequest], HttpResponse]:
        @require_safe
        @wraps(page)
        def view(request: HttpRequest) -> HttpResponse:
            if not request.user.has_perm("monitoring.view_metricsnapshot"):
                raise PermissionDenied
            now = timezone.now()
            named = {each.key: each for each in ranges}
            chosen = named.get(request.GET.get("range", ""), named[DEFAULT_RANGE])
            asked = Asked(now, newest_snapshot(), chosen, window_of(chosen, now))
            context = {
                **admin.site.each_context(request),
                "title": title,
                **_bar(request, asked, ranges),
                **page(request, asked),
            }
            return TemplateResponse(request, template, context)

        return view

    return decorate


def rows_url(model: type[Model], window: Window, field: str = "created_at", **query: Any) -> str:
    """The list of the rows of a window. The lists' filter knows whole minutes or seconds."""
    start, end = localtime(window.start), localtime(window.end - timedelta(seconds=1))
    return changelist_url(
        model,
        **{
            f"{field}_from_0": start.date().isoformat(),
            f"{field}_from_1": f"{start:%H:%M:%S}",
            f"{field}_to_0": end.date().isoformat(),
            f"{field}_to_1": f"{end:%H:%M:%S}",
        },
        **query,
    )


def _bar(request: HttpRequest, asked: Asked, ranges: Sequence[Range]) -> dict[str, Any]:
    """Links that keep what else the address says."""
    is_refreshing = request.GET.get("refresh") == str(REFRESH_SECONDS)
    refresh = {"refresh": REFRESH_SECONDS} if is_refreshing else {}
    here = {"range": asked.chosen.key}
    return {
        "ranges": [
            {
                "title": each.title,
                "query": _query(request, range=each.key, **refresh),
                "is_chosen": each.key == asked.chosen.key,
            }
            for each in ranges
        ],
        "refreshing": [
            {
                "title": "Off",
                "query": _query(request, **here),
                "is_chosen": not is_refreshing,
            },
            {
                "title": f"Every {REFRESH_SECONDS} s",
                "query": _query(request, **here, refresh=REFRESH_SECONDS),
                "is_chosen": is_refreshing,
            },
        ],
        "refresh_seconds": REFRESH_SECONDS if is_refreshing else 0,
        "span": f"{_when(asked.window.start)} to {_when(asked.window.end)}",
        "zone": timezone.get_current_timezone_name(),
        "made_at": date_format(localtime(asked.now), "H:i:s"),
        "has_snapshots": asked.newest is not None,
    }


def _query(request: HttpRequest, **parts: Any) -> str:
    params = request.GET.copy()
    for name in ("range", "refresh"):
        params.pop(name, None)
    for name, value in parts.items():
        params[name] = str(value)
    return f"?{params.urlencode()}"


def _when(moment: datetime) -> str:
    return date_format(localtime(moment), "j M, H:i")
