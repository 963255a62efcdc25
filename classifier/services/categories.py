"""What is known of categories in use."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from classifier.engine.types import CategoryInfo, Direction
from classifier.models import Category, Feedback

# Live accuracy is of this many sayings, the newest.
RECENT_FEEDBACK = 50_000


@dataclass(frozen=True, slots=True)
class LiveAccuracy:
    """How many of a category's judged predictions were right."""

    right: int
    judged: int


def category_info(category: Category) -> CategoryInfo:
    return CategoryInfo(
        slug=category.slug,
        name=category.name,
        primary_slug=category.primary.slug,
        primary_name=category.primary.name,
        direction=Direction(category.direction),
    )


def live_accuracy() -> dict[int, LiveAccuracy]:
    """By category key, from the newest RECENT_FEEDBACK; a primary category sums up its own.

    Of what one person said of a prediction the newest counts. A category that nobody judged is
    not in it.
    """
    last = Feedback.objects.order_by("-id").values_list("id", flat=True)
    oldest = last[RECENT_FEEDBACK : RECENT_FEEDBACK + 1].first() or 0
    newest = (
        Feedback.objects.order_by()
        .filter(pk__gt=oldest)
        .values("prediction_id", "user_id", "created_by_id")
        .annotate(newest=Max("id"))
        .values("newest")
    )
    counted = (
        Feedback.objects.order_by()
        .filter(pk__in=newest, prediction__category__isnull=False)
        .values_list("prediction__category_id", "prediction__category__parent_id")
        .annotate(judged=Count("id"), right=Count("id", filter=Q(is_correct=True)))
    )
    judged: Counter[int] = Counter()
    right: Counter[int] = Counter()
    for category_id, parent_id, judged_count, right_count in counted:
        for key in {category_id, parent_id} - {None}:
            judged[key] += judged_count
            right[key] += right_count
    return {key: LiveAccuracy(right[key], count) for key, count in judged.items()}


def too_few_examples(minimum: int) -> list[Category]:
    """Active detailed categories with fewer active examples than `minimum`, fewest first."""
    return list(
        Category.objects.active()
        .detailed()
        .select_related("parent")
        .annotate(active_examples=Count("examples", filter=Q(examples__is_active=True)))
        .filter(active_examples__lt=minimum)
        .order_by("active_examples", "parent__name", "name")
    )
