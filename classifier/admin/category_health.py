"""The page “Health” of a category: its figures, and what it is confused with."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import action

from classifier.admin.base import Admin
from classifier.admin.cells import NOTHING, change_link, changelist_url, level_badge, link, percent
from classifier.admin.periods import chosen_span, drill_down, midnight
from classifier.engine.shares import Share
from classifier.models import Category, Example, Prediction
from classifier.models.choices import LevelChoices
from classifier.services.category_health import (
    CategoryHealth,
    Confusion,
    LiveFigures,
    category_health,
)

FIELD = "created_at"
# Where no period is chosen.
RECENT_DAYS = 30
TEXT_LINE = (
    '<span class="block wide-text"><span class="plain-code">{}</span> '
    '<span class="text-subtle">{}</span></span>'
)


class CategoryHealthAdmin(Admin):
    """The button and the page behind it."""

    actions_detail = ("health",)

    @action(  # type: ignore[untyped-decorator]
        description="Health", url_path="health", permissions=["view"], icon="monitor_heart"
    )
    def health(self, request: HttpRequest, object_id: str) -> HttpResponse:
        category: Category | None = self.get_object(request, object_id)
        if category is None:
            raise Http404("There is no such category.")
        if not self.has_view_permission(request, category):
            raise PermissionDenied
        span = chosen_span(FIELD, request.GET)
        first_day = timezone.localdate() - timedelta(days=RECENT_DAYS)
        found = category_health(category, *(span or (midnight(first_day),)))
        times = Prediction.objects.order_by(FIELD).values_list(FIELD, flat=True)
        return TemplateResponse(
            request,
            "classifier/admin/category_health.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Health of {category}",
                "opts": self.opts,
                "original": category,
                "periods": drill_down(
                    FIELD, request.GET, times.first(), times.last(), f"Last {RECENT_DAYS} days"
                ),
                "recent_days": RECENT_DAYS if span is None else None,
                **_shown(found, _Seen(request)),
            },
        )


def health_link(category: Category) -> SafeString:
    url = reverse("admin:classifier_category_health", args=[category.pk])
    return format_html(
        '<a class="text-link plain-link" href="{}" aria-label="Health of {}">Health</a>',
        url,
        category.name,
    )


class _Seen:
    """Which texts somebody may see here, as they may elsewhere."""

    def __init__(self, request: HttpRequest) -> None:
        self.predictions = request.user.has_perm("classifier.view_prediction")
        self.examples = request.user.has_perm("classifier.view_example")


def _shown(found: CategoryHealth, seen: _Seen) -> dict[str, Any]:
    return {
        "version": found.version,
        "missing": found.missing,
        "built": {
            "headers": ["Category", "Examples now", "Built with", "Precision", "Recall"],
            "rows": [
                [
                    change_link(each.category),
                    link(
                        changelist_url(Example, category=each.category.pk, is_active__exact=1),
                        f"{each.active_examples:,}",
                    ),
                    f"{each.examples:,}" if each.examples else NOTHING,
                    _share(each.precision),
                    _share(each.recall),
                ]
                for each in found.built
            ],
        },
        "live": _live(found.live),
        "levels": _levels(found.live),
        "since": found.live.since,
        "taken": _confusions(found.taken, seen),
        "missed": _confusions(found.missed, seen),
    }


def _live(live: LiveFigures) -> list[tuple[str, str]]:
    corrected = f"{live.corrected:,} of {live.judged:,} sayings"
    share = percent(live.corrected / live.judged) if live.judged else NOTHING
    return [
        ("Predictions", f"{live.predictions:,}"),
        ("By rules and people", f"{live.others:,}"),
        ("Said to be another", f"{share} ({corrected})" if live.judged else "nobody said anything"),
    ]


def _levels(live: LiveFigures) -> list[tuple[SafeString, str]]:
    total = sum(live.levels.values())
    return [
        (level_badge(value, str(label)), f"{percent(live.levels[value] / total)} of {total:,}")
        for value, label in LevelChoices.choices
        if live.levels.get(value)
    ]


def _share(share: Share | float | None) -> str:
    """With the numbers that it was taken of, where these are known."""
    if isinstance(share, Share):
        return f"{percent(share.value)} ({share.count:,} of {share.total:,})"
    return percent(share)


def _confusions(confusions: Sequence[Confusion], seen: _Seen) -> dict[str, Any]:
    return {
        "headers": ["Category", "Said by people", "Examples", "Texts"],
        "rows": [
            [
                change_link(each.category) if each.category else "No category",
                f"{each.said:,}" if each.said else NOTHING,
                f"{each.built:,}" if each.built else NOTHING,
                _texts(each, seen),
            ]
            for each in confusions
        ],
    }


def _texts(confusion: Confusion, seen: _Seen) -> SafeString | str:
    texts = [
        *((text, "said") for text in confusion.said_texts if seen.predictions),
        *((text, "example") for text in confusion.built_texts if seen.examples),
    ]
    lines = format_html_join("", TEXT_LINE, texts)
    return format_html("<div>{}</div>", lines) if texts else NOTHING
