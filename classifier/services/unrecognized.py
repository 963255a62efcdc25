"""What is paid to merchants that nobody knows yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from classifier.models import Category, Prediction

# No more than this many predictions are counted, the newest.
MAX_READ = 200_000


@dataclass(frozen=True, slots=True)
class UnrecognizedText:
    """A merchant text in which no merchant was recognized.

    `users` is how many of the callers' users paid it, of those that were named. `total` is the
    sum of the amounts as they were sent, in `currency` ("" where none was sent); None where no
    amount or more than one currency was sent. `category` is the one it was answered with most,
    None where it never had one.
    """

    merchant_text: str
    count: int
    users: int
    last_seen: datetime
    total: Decimal | None
    currency: str
    category: Category | None


@dataclass(frozen=True, slots=True)
class UnrecognizedTexts:
    """The most frequent ones first. `since` is the time of the oldest prediction that was
    counted, where there were too many to count them all; else None."""

    texts: list[UnrecognizedText]
    since: datetime | None = None


def unrecognized_texts(
    start: datetime | None = None, end: datetime | None = None, limit: int = 100
) -> UnrecognizedTexts:
    """Of predictions from `start` to before `end`, at most MAX_READ, the newest."""
    rows = unrecognized()
    if start is not None:
        rows = rows.filter(created_at__gte=start)
    if end is not None:
        rows = rows.filter(created_at__lt=end)
    times = rows.order_by("-created_at").values_list("created_at", flat=True)
    since = times[MAX_READ - 1 : MAX_READ].first()
    if since is not None and not rows.filter(created_at__lt=since).exists():
        since = None
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    found: list[Any] = list(
        rows.values("merchant_text")
        .annotate(
            count=Count("id"),
            users=Count("user_id", distinct=True, filter=~Q(user_id="")),
            last_seen=Max("created_at"),
            total=Sum("amount"),
            first_currency=Min("currency", filter=Q(amount__isnull=False)),
            last_currency=Max("currency", filter=Q(amount__isnull=False)),
        )
        .order_by("-count", "merchant_text")[:limit]
    )
    categories = _usual_categories(rows, [row["merchant_text"] for row in found])
    return UnrecognizedTexts([_text(row, categories) for row in found], since)


def unrecognized() -> "QuerySet[Prediction]":
    """Predictions whose description names a merchant that was not recognized, in no order."""
    # `exclude` repeats the partial index's condition, without which it is not used.
    return Prediction.objects.order_by().filter(merchant__isnull=True).exclude(merchant_text="")


def _usual_categories(rows: "QuerySet[Prediction]", texts: Sequence[str]) -> dict[str, Category]:
    counted = (
        rows.filter(merchant_text__in=texts, category__isnull=False)
        .values_list("merchant_text", "category_id")
        .annotate(count=Count("id"))
        .order_by("count", "-category_id")
    )
    most = {text: category_id for text, category_id, _ in counted}
    categories = Category.objects.select_related("parent").in_bulk(set(most.values()))
    return {text: categories[category_id] for text, category_id in most.items()}


def _text(row: dict[str, Any], categories: dict[str, Category]) -> UnrecognizedText:
    has_one_currency = row["first_currency"] == row["last_currency"]
    return UnrecognizedText(
        merchant_text=row["merchant_text"],
        count=row["count"],
        users=row["users"],
        last_seen=row["last_seen"],
        total=row["total"] if has_one_currency else None,
        currency=row["first_currency"] or "" if has_one_currency else "",
        category=categories.get(row["merchant_text"]),
    )
