"""Fill the review queue from the predictions."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from classifier.models import Category, Prediction, ReviewCursor, ReviewEvent, ReviewItem
from classifier.models.choices import AnnotatorChoices, LevelChoices
from classifier.services.single_rows import single_row

Reason, State = ReviewItem.Reason, ReviewItem.State
# The strongest first.
REASONS = (Reason.AUDIT, Reason.ABSTAINED, Reason.LOW_MARGIN)
# An id is minted before its row can be seen: by a transaction that waits for its turn (SQLite's
# gives up after 20 s), or by a machine whose clock is behind.
LAG = timedelta(seconds=30)
# Predictions that are taken in by one transaction, and transactions of one run.
BATCH = 2000
MAX_BATCHES = 100
CHANGED_AT_ONCE = 500
# A text that came once and not again for so long would settle nothing.
RARE_FOR = timedelta(days=30)
FIELDS = (
    "canonical_text", "annotator", "level", "margin", "is_audited", "category", "alternatives",
)  # fmt: skip


def fill_queue() -> int:
    """Take in the predictions since the last time. Returns how many were read.

    Of workers that do so at once one goes on and the others stop; what is left by MAX_BATCHES
    waits for the next run.
    """
    after = single_row(ReviewCursor).prediction_id
    end = _first_id(timezone.now() - LAG)
    read = 0
    for _ in range(MAX_BATCHES):
        rows = _predictions(after, end)
        if not rows:
            break
        if not _take_in(rows, after):
            return read
        after = rows[-1].pk
        read += len(rows)
    _drop_rare()
    ReviewCursor.objects.filter(pk=1).update(updated_at=timezone.now())
    return read


def last_filled() -> datetime | None:
    """None where it never was."""
    return ReviewCursor.objects.filter(pk=1).values_list("updated_at", flat=True).first()


def reason_of(prediction: Prediction) -> ReviewItem.Reason | None:
    """Why a person should look at it, None where nobody needs to. Of what the version did not
    decide only the audit is looked at."""
    if prediction.is_audited:
        return Reason.AUDIT
    if prediction.annotator != AnnotatorChoices.MODEL:
        return None
    if prediction.level == LevelChoices.ABSTAIN:
        return Reason.ABSTAINED
    is_close = prediction.margin is not None and prediction.margin < settings.REVIEW_MARGIN
    return Reason.LOW_MARGIN if is_close or prediction.level == LevelChoices.LOW else None


def _first_id(moment: datetime) -> UUID:
    """The least UUIDv7 of a moment: its milliseconds are the first 48 of 128 bits."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _predictions(after: UUID | None, end: UUID) -> list[Prediction]:
    rows = Prediction.objects.filter(pk__lt=end).order_by("pk").only(*FIELDS)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows[:BATCH])


@transaction.atomic
def _take_in(rows: Sequence[Prediction], after: UUID | None) -> bool:
    """Make and change the items of some predictions, in the order of time. False where another
    worker has taken in what comes after `after`."""
    cursor = ReviewCursor.objects.filter(pk=1, prediction_id=after)
    if cursor.update(prediction_id=rows[-1].pk) != 1:
        return False
    by_text: dict[str, list[Prediction]] = defaultdict(list)
    for row in rows:
        # Of a text without letters nothing can be said, and nothing learned.
        if any(character.isalpha() for character in row.canonical_text):
            by_text[row.canonical_text].append(row)
    categories = dict(Category.objects.detailed().values_list("slug", "pk"))
    known = ReviewItem.objects.in_bulk(list(by_text), field_name="canonical_text")
    new, changed, drawn = [], [], []
    for text, of_text in by_text.items():
        reasons = [(row, reason) for row in of_text if (reason := reason_of(row))]
        item = known.get(text)
        if item is not None:
            item.live_count += len(of_text)
            changed.append(item)
        elif reasons:
            first = of_text.index(reasons[0][0])
            item = ReviewItem(canonical_text=text, live_count=len(of_text) - first)
            new.append(item)
        if item is None or not reasons:
            continue
        found = {reason for _, reason in reasons} | (
            {Reason(item.reason)} if item.reason else set()
        )
        item.reason = min(found, key=REASONS.index)
        item.prediction = reasons[-1][0]
        item.suggestion_id = _best_guess(item.prediction, categories)
        if item.pk and any(row.is_audited for row, _ in reasons):
            drawn.append(item)
    ReviewItem.objects.bulk_create(new)
    # Never the state: an analyst may be changing it now.
    fields = ["live_count", "reason", "prediction", "suggestion"]
    ReviewItem.objects.bulk_update(changed, fields, batch_size=CHANGED_AT_ONCE)
    _ask_again(drawn)
    return True


def _best_guess(prediction: Prediction, categories: dict[str, int]) -> int | None:
    if prediction.category_id is not None or not prediction.alternatives:
        return prediction.category_id
    return categories.get(prediction.alternatives[0]["slug"])


def _ask_again(items: Sequence[ReviewItem]) -> None:
    """What the audit draws is asked again, even where the text is answered."""
    events = [
        ReviewEvent(item=item, from_state=State.SUBMITTED, to_state=State.PENDING)
        for item in items
        if ReviewItem.objects.filter(pk=item.pk, state=State.SUBMITTED).update(
            state=State.PENDING, category=None, claimed_by=None, claimed_until=None
        )
    ]
    ReviewEvent.objects.bulk_create(events)


def _drop_rare() -> None:
    now = timezone.now()
    rare = ReviewItem.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lt=now),
        state=State.PENDING,
        live_count=1,
        created_at__lt=now - RARE_FOR,
        events=None,
    ).exclude(reason=Reason.AUDIT)
    keys = list(rare.order_by().values_list("pk", flat=True)[:BATCH])
    ReviewItem.objects.filter(pk__in=keys, live_count=1).delete()
