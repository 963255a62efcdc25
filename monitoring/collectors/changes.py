"""Rows of other apps that pages name beside figures."""

from collections.abc import Iterable
from datetime import datetime

from classifier.models import Activation, Category, ModelVersion


def activations(start: datetime, end: datetime) -> list[Activation]:
    """Of [start, end), the oldest first, with both versions and who did it."""
    rows = Activation.objects.filter(created_at__gte=start, created_at__lt=end)
    return list(rows.select_related("from_version", "to_version", "by").order_by("id"))


def versions_named(names: Iterable[str]) -> dict[str, ModelVersion]:
    return {version.name: version for version in ModelVersion.objects.filter(name__in=names)}


def categories_named(slugs: Iterable[str]) -> dict[str, Category]:
    rows = Category.objects.filter(slug__in=slugs).select_related("parent")
    return {category.slug: category for category in rows}
