"""The page “Categories over time”: how much of each, how sure, and what has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from classifier.admin.cells import NOTHING, badge, change_url, link, percent
from classifier.models import Category, Prediction
from monitoring import collectors
from monitoring.admin.charts import MAX_LINES, Line, chart
from monitoring.admin.dashboard import Asked, dashboard, rows_url
from monitoring.measures import MEASURES, By
from monitoring.services.figures import Figures, read_figures, read_totals
from monitoring.services.windows import CATEGORY_RANGES, Window

SERIES = ("predictions", "confidence", "low_level")
# Fewer predictions on either side say nothing of a change.
ENOUGH = 30
# A volume that halved or doubled.
GREAT_CHANGE = 1.0


@dataclass(frozen=True, slots=True)
class Volume:
    """Of one category; the share is of all predictions with a category. What is None cannot be
    said."""

    slug: str
    count: int
    past: int
    share: float
    past_share: float | None
    confidence: float | None
    past_confidence: float | None
    low: float | None

    @property
    def change(self) -> float | None:
        """Of the share: 0.5 is half as much again."""
        if self.past_share is None or min(self.count, self.past) < ENOUGH:
            return None
        return self.share / self.past_share - 1


ORDERS: dict[str, tuple[str, Callable[[Volume], float]]] = {
    "volume": ("Volume", lambda volume: -volume.count),
    "change": ("Change", lambda volume: -abs(volume.change or 0)),
    "confidence": ("Least confident", lambda volume: volume.confidence or 2),
    "low": ("Most of level low", lambda volume: -(volume.low or 0)),
}


@dashboard("Categories over time", "monitoring/admin/categories.html", CATEGORY_RANGES)
def categories(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    figures = read_totals(SERIES, asked.window, By.CATEGORY)
    past = read_totals(SERIES, asked.window.week_earlier(), By.CATEGORY)
    drift = read_figures(["drift"], asked.window, By.KIND)
    volumes = _volumes(figures, past)
    order = request.GET.get("order", "")
    order = order if order in ORDERS else "volume"
    rows = collectors.categories_named([each.slug for each in volumes])
    largest = sorted(volumes, key=ORDERS["volume"][1])[:MAX_LINES]
    slugs = [each.slug for each in largest]
    over_time = read_figures(["predictions"], asked.window, By.CATEGORY, slugs)
    return {
        "orders": [
            {"title": title, "query": _query(request, key), "is_chosen": key == order}
            for key, (title, _) in ORDERS.items()
        ],
        "table": {
            "headers": [
                "Category",
                "Predictions",
                "Share",
                "Share last week",
                "Change",
                "Mean confidence",
                "Last week",
                "Of level low",
            ],
            "rows": [
                _row(each, rows.get(each.slug), asked.window)
                for each in sorted(volumes, key=ORDERS[order][1])
            ],
        },
        "charts": [
            chart(
                "volume",
                "The largest categories",
                MEASURES["throughput"].unit,
                [
                    Line(
                        rows[each.slug].name if each.slug in rows else each.slug,
                        over_time.values("throughput", each.slug),
                    )
                    for each in largest
                ],
                asked.window,
                summary=f"Predictions a second of the {len(largest)} categories that came most.",
            ),
            chart(
                "drift",
                "Drift",
                MEASURES["drift"].unit,
                [
                    Line(kind.replace("_", " "), drift.values("drift", kind))
                    for kind in sorted(drift.labels("drift"))
                ],
                asked.window,
                summary="How far recent traffic is from the reference; from 1 on it is drift.",
            ),
        ],
        "enough": ENOUGH,
    }


def _volumes(figures: Figures, past: Figures) -> list[Volume]:
    slugs = figures.labels("predictions")
    whole = sum(figures.sums("predictions", slug).count for slug in slugs)
    past_whole = sum(past.sums("predictions", slug).count for slug in past.labels("predictions"))
    return [_volume(slug, figures, past, whole, past_whole) for slug in slugs]


def _volume(slug: str, figures: Figures, past: Figures, whole: int, past_whole: int) -> Volume:
    count = figures.sums("predictions", slug).count
    past_count = past.sums("predictions", slug).count
    return Volume(
        slug=slug,
        count=count,
        past=past_count,
        share=count / whole if whole else 0.0,
        past_share=past_count / past_whole if past_whole else None,
        confidence=figures.value("mean_confidence", slug),
        past_confidence=past.value("mean_confidence", slug),
        low=figures.value("low_confidence_share", slug),
    )


def _row(volume: Volume, category: Category | None, window: Window) -> list[Any]:
    count: str | SafeString = f"{volume.count:,}"
    if category is not None:
        count = format_html(
            '<a class="text-link plain-link" href="{}" aria-label="{} predictions of {}">{}</a>',
            rows_url(Prediction, window, category=category.pk), count, category, count,
        )  # fmt: skip
    return [
        link(change_url(category), category) if category is not None else volume.slug,
        count,
        percent(volume.share),
        percent(volume.past_share),
        _change(volume.change),
        percent(volume.confidence),
        percent(volume.past_confidence),
        percent(volume.low),
    ]


def _change(change: float | None) -> str:
    if change is None:
        return NOTHING
    points = round(100 * change)
    text = f"{points:+}%" if points else "0%"
    is_great = change >= GREAT_CHANGE or change <= -GREAT_CHANGE / 2
    return badge(text, "warning") if is_great else text


def _query(request: HttpRequest, order: str) -> str:
    params = request.GET.copy()
    params["order"] = order
    return f"?{params.urlencode()}"
