"""How right answers were, by what was said of them within a stretch of time.

What is taken back or rejected later stays in what was seen: it was said then.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, F, OuterRef, Q, Subquery

from classifier.models import Feedback, Prediction, ReviewEvent, ReviewItem
from monitoring.collectors.seen import Seen, whole_and_split
from monitoring.detectors.quantiles import Sums
from monitoring.measures import By

# A review speaks of the audited predictions of its text that are no older.
AUDITED_DAYS = 90
_JUDGED = (ReviewItem.State.SUBMITTED, ReviewItem.State.DISCARDED)


def accuracy_seen(start: datetime, end: datetime) -> list[Seen]:
    """Of answers with a category, by feedback and by the audit in [start, end), whole and by
    version."""
    seconds = (end - start).total_seconds()
    return [
        *whole_and_split("accuracy_feedback", By.VERSION, _feedback(start, end, seconds), seconds),
        *whole_and_split("accuracy_audit", By.VERSION, _audit(start, end, seconds), seconds),
    ]


def _feedback(start: datetime, end: datetime, seconds: float) -> dict[str, Sums]:
    """A prediction is right where nobody said otherwise in this time."""
    said = Feedback.objects.counting().filter(
        created_at__gte=start, created_at__lt=end, prediction__category__isnull=False
    )
    rows = (
        said.order_by()
        .values("prediction", version=F("prediction__version__name"))
        .annotate(against=Count("pk", filter=Q(is_correct=False)))
    )
    return _added(((row["version"], not row["against"]) for row in rows), seconds)


def _audit(start: datetime, end: datetime, seconds: float) -> dict[str, Sums]:
    """Each review of a text judges the audited predictions of it that were made since the last
    one, so that none counts twice."""
    earlier = ReviewEvent.objects.filter(
        item=OuterRef("item"), pk__lt=OuterRef("pk"), to_state__in=_JUDGED
    )
    reviews = ReviewEvent.objects.filter(
        created_at__gte=start,
        created_at__lt=end,
        is_undo=False,
        to_state=ReviewItem.State.SUBMITTED,
    ).annotate(since=Subquery(earlier.order_by("-pk").values("created_at")[:1]))
    oldest = start - timedelta(days=AUDITED_DAYS)
    spans: dict[str, list[tuple[datetime, datetime, int | None]]] = defaultdict(list)
    for text, since, until, category in reviews.order_by("pk").values_list(
        "item__canonical_text", "since", "created_at", "category"
    ):
        spans[text].append((since or oldest, until, category))
    if not spans:
        return {}
    audited = Prediction.objects.filter(
        is_audited=True,
        created_at__gte=oldest,
        created_at__lt=end,
        canonical_text__in=list(spans),
        category__isnull=False,
    )
    rows = audited.order_by().values_list(
        "canonical_text", "created_at", "category", "version__name"
    )
    return _added(
        (
            (version, category == right)
            for text, made_at, category, version in rows
            for since, until, right in spans[text]
            if since <= made_at < until
        ),
        seconds,
    )


def _added(judged: Iterable[tuple[str, bool]], seconds: float) -> dict[str, Sums]:
    counted: dict[str, list[bool]] = defaultdict(list)
    for version, is_right in judged:
        counted[version].append(is_right)
    return {name: Sums(len(each), sum(each), seconds) for name, each in counted.items()}
