"""Answer the review queue: claim texts, say what they are, set them aside, and take it back.

An item is held for one person by a conditional UPDATE, until the lease ends. Every act is a
ReviewEvent in the transaction of its act.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from classifier.exceptions import ConflictError, InvalidItemError, UnknownError
from classifier.models import Category, Example, Feedback, ReviewEvent, ReviewItem
from classifier.services.examples import add_example

State = ReviewItem.State
# What can be answered.
OPEN = (State.PENDING, State.SKIPPED)
BATCH = 10
LEASE = timedelta(minutes=15)
# Of one's own acts, this many of the newest can be undone, one after another.
UNDO_STEPS = 50


@dataclass(frozen=True, slots=True)
class Submitted:
    """An answer that is kept; `refusal` says why no `example` was made of it."""

    category: Category
    example: Example | None
    refusal: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many items wait: pending, of these drawn for the audit, and skipped."""

    pending: int
    audit: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Undone:
    """What is open again after which act; `note` says why its example stays, where it does."""

    item: ReviewItem
    act: State
    note: str


def waiting() -> Waiting:
    is_drawn = Q(reason=ReviewItem.Reason.AUDIT)
    pending = ReviewItem.objects.filter(state=State.PENDING).aggregate(
        pending=Count("pk"), audit=Count("pk", filter=is_drawn)
    )
    return Waiting(**pending, skipped=ReviewItem.objects.filter(state=State.SKIPPED).count())


def pending_count() -> int:
    return ReviewItem.objects.filter(state=State.PENDING).count()


def claim(
    by: AbstractBaseUser, state: str = State.PENDING, reason: str = "", size: int = BATCH
) -> list[ReviewItem]:
    """What one person holds, filled up to `size` items: those that settle most come first; of a
    reason where one is named. Whatever the person holds is held for another LEASE."""
    now = timezone.now()
    ReviewItem.objects.filter(claimed_by=by.pk, state__in=OPEN).update(claimed_until=now + LEASE)
    queue = ReviewItem.objects.filter(state=state)
    if reason:
        queue = queue.filter(reason=reason)
    own = queue.filter(claimed_by=by.pk)
    missing = size - own.count()
    while missing > 0:
        free = list(queue.filter(_is_free()).values_list("pk", flat=True)[:missing])
        if not free:
            break
        # Row by row: two that want the same rows at once could wait for each other.
        for key in free:
            missing -= queue.filter(_is_free(), pk=key).update(
                claimed_by=by.pk, claimed_until=now + LEASE
            )
    related = ("prediction__category__parent", "prediction__merchant", "prediction__version")
    return list(own.select_related("suggestion__parent", *related))


@transaction.atomic
def submit(item_id: int, category: str, by: AbstractBaseUser) -> Submitted:
    """Say of which detailed category, by its slug, a text is; an example is made of it.

    Where that cannot be, because another category has the text, say, the answer counts all the
    same. Raises UnknownError, InvalidItemError for a category that is not in use, ConflictError
    where another holds or has answered the item.
    """
    item = _find(item_id)
    chosen = _category(category, item)
    before = _move(item, State.SUBMITTED, by, OPEN, chosen)
    example, refusal = _example(item, chosen, by)
    _record(item, before, State.SUBMITTED, by, chosen, example)
    return Submitted(chosen, example, refusal)


@transaction.atomic
def skip(item_id: int, by: AbstractBaseUser) -> ReviewItem:
    """Leave a text for another time. Raises UnknownError and ConflictError as `submit` does."""
    item = _find(item_id)
    before = _move(item, State.SKIPPED, by, (State.PENDING,))
    _record(item, before, State.SKIPPED, by)
    return item


@transaction.atomic
def discard(item_id: int, by: AbstractBaseUser) -> ReviewItem:
    """Say that a text says nothing. Raises UnknownError and ConflictError as `submit` does."""
    item = _find(item_id)
    before = _move(item, State.DISCARDED, by, OPEN)
    _record(item, before, State.DISCARDED, by)
    return item


@transaction.atomic
def undo(by: AbstractBaseUser) -> Undone:
    """Take back one's own last act that is not taken back yet, with the example that it made.

    The item is as it was, and the person's again. Raises ConflictError where there is no such act,
    or the item has moved on since.
    """
    event = _last_act(by)
    if event is None:
        raise ConflictError("You have done nothing here that could be undone.")
    item = event.item
    moved = ReviewItem.objects.filter(
        Q(claimed_by=by.pk) | _is_free(), pk=item.pk, state=event.to_state
    ).update(
        state=event.from_state,
        category=None,
        claimed_by=by.pk,
        claimed_until=timezone.now() + LEASE,
        updated_at=timezone.now(),
    )
    # The row is held from here on: nobody adds an event between this look and the end.
    newest = item.events.order_by("-id").values_list("pk", flat=True).first()
    if not moved or newest != event.pk:
        raise ConflictError(f"“{item}” has moved on since you {event.to_state} it.")
    note = _take_back(event)
    _record(item, State(event.to_state), State(event.from_state), by, is_undo=True)
    return Undone(item, State(event.to_state), note)


def _is_free() -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lt=timezone.now())


def _find(item_id: int) -> ReviewItem:
    item = ReviewItem.objects.select_related("prediction").filter(pk=item_id).first()
    if item is None:
        raise UnknownError(f"The review queue has no item {item_id}.")
    return item


def _category(slug: str, item: ReviewItem) -> Category:
    # Looked for here: no database has to bear what a form may send.
    detailed = Category.objects.detailed().select_related("parent")
    found = {category.slug: category for category in detailed}.get(slug)
    if found is None:
        message = f"“{item}”: no detailed category is called “{slug}”."
        raise InvalidItemError("category", message, "unknown_category")
    if not (found.is_active and found.primary.is_active):
        message = f"“{item}”: the category {found} is switched off; choose one that is in use."
        raise InvalidItemError("category", message, "inactive_category")
    return found


def _move(
    item: ReviewItem,
    after: State,
    by: AbstractBaseUser,
    allowed: tuple[State, ...],
    category: Category | None = None,
) -> State:
    """Returns the state before. Raises ConflictError."""
    before = State(item.state)
    held = ReviewItem.objects.filter(Q(claimed_by=by.pk) | _is_free(), pk=item.pk, state=before)
    if before in allowed and held.update(
        state=after,
        category=category,
        claimed_by=None,
        claimed_until=None,
        updated_at=timezone.now(),
    ):
        return before
    raise ConflictError(_what_happened(item.pk))


def _what_happened(item_id: int) -> str:
    item = ReviewItem.objects.select_related("claimed_by", "category__parent").get(pk=item_id)
    until = item.claimed_until
    if item.state in OPEN and item.claimed_by is not None and until and until > timezone.now():
        time = timezone.localtime(until).strftime("%H:%M")
        return f"“{item}” is held by {item.claimed_by} until {time}."
    event = item.events.select_related("by").order_by("-id").first()
    who = f", by {event.by}" if event is not None and event.by is not None else ""
    what = f" as {item.category}" if item.category else ""
    return f"“{item}” is {item.get_state_display().lower()} already{what}{who}."


def _example(
    item: ReviewItem, category: Category, by: AbstractBaseUser
) -> tuple[Example | None, str]:
    """The example that was made, or None and why."""
    there = Example.objects.active().filter(category=category, canonical_text=item.canonical_text)
    if there.exists():
        return None, "The category has it as an example already."
    try:
        example = add_example(
            category=category.slug,
            text=item.prediction.description,
            source=Example.Source.REVIEW,
            created_by=by,
            reason=f"review {item.pk}",
        )
    except (ConflictError, InvalidItemError) as error:
        return None, str(error)
    return example, ""


def _record(
    item: ReviewItem,
    before: State,
    after: State,
    by: AbstractBaseUser,
    category: Category | None = None,
    example: Example | None = None,
    *,
    is_undo: bool = False,
) -> None:
    ReviewEvent.objects.create(
        item=item,
        from_state=before,
        to_state=after,
        category=category,
        example=example,
        by=by,  # type: ignore[misc]
        is_undo=is_undo,
    )


def _last_act(by: AbstractBaseUser) -> ReviewEvent | None:
    own = ReviewEvent.objects.filter(by=by.pk).select_related("item", "example")
    undone = 0
    for event in own.order_by("-id")[: 2 * UNDO_STEPS]:
        if event.is_undo:
            undone += 1
        elif undone:
            undone -= 1
        else:
            return event
    return None


def _take_back(event: ReviewEvent) -> str:
    """Delete the example that an act made; "" or why it stays."""
    example = event.example
    if example is None:
        return ""
    is_changed = example.history.count() > 1
    if is_changed or Feedback.objects.filter(example=example).exists():
        return "Its example stays: others have worked with it since."
    example._change_reason = f"review {event.item_id} undone"  # type: ignore[attr-defined]
    example.delete()
    return ""
