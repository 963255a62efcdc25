"""The page “Unrecognized merchants”: what is worth adding, most frequent first."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from classifier.admin.cells import NOTHING, changelist_url
from classifier.admin.periods import PARTS, chosen_span, drill_down, midnight
from classifier.models import Prediction
from classifier.services.unrecognized import (
    MAX_READ,
    UnrecognizedText,
    unrecognized,
    unrecognized_texts,
)

FIELD = "created_at"
SHOWN = 100
# Where no period is chosen.
RECENT_DAYS = 30


@require_safe
def unrecognized_merchants(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("classifier.view_prediction"):
        raise PermissionDenied
    times = unrecognized().order_by(FIELD).values_list(FIELD, flat=True)
    span = chosen_span(FIELD, request.GET)
    if span is None:
        first_day = timezone.localdate() - timedelta(days=RECENT_DAYS)
        found = unrecognized_texts(midnight(first_day), limit=SHOWN)
        period = {f"{FIELD}_from_0": first_day.isoformat()}
    else:
        found = unrecognized_texts(*span, limit=SHOWN)
        names = [f"{FIELD}__{part}" for part in PARTS]
        period = {name: request.GET[name] for name in names if request.GET.get(name)}
    may_add = request.user.has_perm("classifier.add_merchant")
    return TemplateResponse(
        request,
        "classifier/admin/unrecognized_merchants.html",
        {
            **admin.site.each_context(request),
            "title": "Unrecognized merchants",
            "periods": drill_down(
                FIELD, request.GET, times.first(), times.last(), f"Last {RECENT_DAYS} days"
            ),
            "recent_days": RECENT_DAYS if span is None else None,
            "since": found.since,
            "max_read": f"{MAX_READ:,}",
            "table": {
                "headers": ["Text", "Predictions", "Users", "Sum", "Mostly answered", "Last", ""],
                "rows": [_cells(text, period, may_add) for text in found.texts],
            },
        },
    )


def _cells(text: UnrecognizedText, period: dict[str, str], may_add: bool) -> list[Any]:
    predictions = changelist_url(Prediction, unrecognized=text.merchant_text, **period)
    return [
        format_html('<span class="wide-text">{}</span>', text.merchant_text),
        _link(predictions, f"{text.count:,}", f"predictions of {text.merchant_text}"),
        f"{text.users:,}" if text.users else NOTHING,
        _sum(text.total, text.currency),
        text.category or NOTHING,
        date_format(localtime(text.last_seen), "DATETIME_FORMAT"),
        _link(_add_url(text), "Add merchant", f"Add merchant {text.merchant_text}")
        if may_add
        else "",
    ]


def _link(url: str, text: str, rest: str) -> SafeString:
    """A link whose name goes on with `rest` for who hears it away from its row."""
    return format_html(
        '<a class="text-link plain-link" href="{0}" aria-label="{1} {2}">{1}</a>', url, text, rest
    )


def _add_url(text: UnrecognizedText) -> str:
    """The form for a new merchant, filled in as far as the text says."""
    filled = {"name": text.merchant_text.title(), "aliases": text.merchant_text}
    if text.category is not None:
        filled["category"] = str(text.category.pk)
    return f"{reverse('admin:classifier_merchant_add')}?{urlencode(filled)}"


def _sum(total: Decimal | None, currency: str) -> str:
    return NOTHING if total is None else f"{total:,.2f} {currency}".strip()
