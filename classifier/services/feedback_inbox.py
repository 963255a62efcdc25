"""What becomes of feedback: every step is a FeedbackEvent.

Open feedback is judged in groups: all that say the same category of the same canonical text. A
group is known by its newest feedback, so that what is said after a page was made stays open.
"""

import logging
from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q, QuerySet

from classifier.exceptions import ConflictError, InvalidItemError, UnknownError
from classifier.models import Example, Feedback, FeedbackEvent, Rule
from classifier.services.examples import add_example
from classifier.services.policy import learning_policy

logger = logging.getLogger(__name__)

Status = Feedback.Status
VERDICTS = (Status.EXAMPLE, Status.RULE, Status.ONE_OFF, Status.REJECTED)
# What can be opened again: of the others something came that has to be taken back itself.
REVERSIBLE = (Status.ONE_OFF, Status.REJECTED)
USERS = "user:"


@transaction.atomic
def settle(
    newest_id: int, verdict: str, by: AbstractBaseUser | None = None, note: str = ""
) -> list[Feedback]:
    """Accept a group as an example, as a rule or for this once, or reject it. Returns its rows.

    `by` is None where the program does it. Raises ConflictError where another was faster, or the
    text is taken; InvalidItemError where nothing can be learned from it; UnknownError.
    """
    if verdict not in VERDICTS:
        raise InvalidItemError("verdict", f"“{verdict}” is no verdict.")
    newest = _find(newest_id)
    rows = _take(newest, Status.OPEN)
    made: dict[str, Example | Rule] = {}
    if verdict == Status.EXAMPLE:
        made["example"] = _example_of(newest, by)
    elif verdict == Status.RULE:
        made["rule"] = _rule_of(newest, by)
    _move(rows, Status.OPEN, Status(verdict), by, note, **made)
    return rows


@transaction.atomic
def reopen(newest_id: int, by: AbstractBaseUser | None = None) -> list[Feedback]:
    """Take back that a group was rejected or accepted for once. Returns its rows.

    Raises ConflictError where another was faster, or the status is none of REVERSIBLE;
    UnknownError.
    """
    newest = _find(newest_id)
    before = Status(newest.status)
    if before not in REVERSIBLE:
        raise ConflictError(f"“{newest.canonical_text}” is not to be opened: {before.label}.")
    rows = _take(newest, before)
    _move(rows, before, Status.OPEN, by, "")
    return rows


def accept_agreed() -> int:
    """Accept as examples what as many users agree on as the policy asks for, and nobody disputes.

    Returns how many groups that were; 0 where there is no such policy. Where an example stands in
    the way, a person decides.
    """
    needed = learning_policy().auto_accept_users
    if needed is None:
        return 0
    accepted = 0
    open_groups = Feedback.objects.filter(status=Status.OPEN, category__isnull=False).order_by()
    groups = open_groups.values("canonical_text", "category_id").annotate(newest=Max("id"))
    for group in groups:
        try:
            accepted += _accept_if_agreed(
                group["canonical_text"], group["category_id"], group["newest"], needed
            )
        except (ConflictError, InvalidItemError) as error:
            logger.info("Feedback %s waits for a person: %s", group["newest"], error)
    return accepted


def disputes(canonical_text: str, category_id: int) -> "QuerySet[Feedback]":
    """What people say of a text that contradicts a category: another one, or just that it is
    wrong."""
    counting = Feedback.objects.filter(canonical_text=canonical_text).exclude(
        status__in=(Status.REPLACED, Status.REJECTED)
    )
    says_other = Q(category__isnull=False) & ~Q(category=category_id)
    says_wrong = Q(category__isnull=True, prediction__category=category_id)
    return counting.filter(says_other | says_wrong)


@transaction.atomic
def _accept_if_agreed(text: str, category_id: int, newest_id: int, needed: int) -> int:
    agreeing = Feedback.objects.filter(
        canonical_text=text,
        category=category_id,
        status__in=(Status.OPEN, Status.CONFIRMED),
        person__startswith=USERS,
    ).aggregate(users=Count("person", distinct=True))
    if agreeing["users"] < needed or disputes(text, category_id).exists():
        return 0
    settle(newest_id, Status.EXAMPLE, note=f"{agreeing['users']} users agree.")
    return 1


def _find(feedback_id: int) -> Feedback:
    found = (
        Feedback.objects.select_related("prediction", "category__parent")
        .filter(pk=feedback_id)
        .first()
    )
    if found is None:
        raise UnknownError(f"No feedback has the number {feedback_id}.")
    return found


def _take(newest: Feedback, status: str) -> list[Feedback]:
    """The rows of a group, held until the transaction ends. Raises ConflictError where there are
    none any more."""
    group = Feedback.objects.filter(
        canonical_text=newest.canonical_text,
        category=newest.category,
        status=status,
        pk__lte=newest.pk,
    )
    rows = list(group.order_by("id").select_for_update())
    if not rows:
        raise ConflictError(_what_happened(newest))
    return rows


def _what_happened(newest: Feedback) -> str:
    event = newest.events.select_related("by").order_by("-id").first()
    subject = f"“{newest.canonical_text}” is decided already"
    if event is None:
        return f"{subject}."
    who = event.by or "the program"
    return f"{subject}: {event.get_to_status_display().lower()}, by {who}."


def _move(
    rows: Sequence[Feedback],
    before: Status,
    after: Status,
    by: AbstractBaseUser | None,
    note: str,
    **made: Example | Rule,
) -> None:
    """Raises ConflictError where a row has moved meanwhile."""
    keys = [row.pk for row in rows]
    changed = Feedback.objects.filter(pk__in=keys, status=before).update(status=after, **made)
    if changed != len(keys):
        raise ConflictError(f"“{rows[0].canonical_text}” was decided meanwhile.")
    FeedbackEvent.objects.bulk_create(
        FeedbackEvent(
            feedback=row,
            from_status=before,
            to_status=after,
            by=by,  # type: ignore[misc]
            note=note,
        )
        for row in rows
    )


def _example_of(newest: Feedback, by: AbstractBaseUser | None) -> Example:
    """The example that says the same, made where there is none."""
    category = newest.category
    if category is None:
        raise InvalidItemError("category", "It names no category to learn.", "no_category")
    same = Example.objects.active().filter(category=category, canonical_text=newest.canonical_text)
    return same.first() or add_example(
        category=category.slug,
        text=newest.prediction.description,
        source=Example.Source.FEEDBACK,
        created_by=by,
        reason=f"feedback {newest.pk}",
    )


def _rule_of(newest: Feedback, by: AbstractBaseUser | None) -> Rule:
    """A rule for exactly the text. Raises ConflictError where one decides it otherwise."""
    category = newest.category
    if category is None:
        raise InvalidItemError("category", "It names no category to decide for.", "no_category")
    if not (category.is_active and category.primary.is_active):
        raise InvalidItemError("category", f"{category} is switched off.", "inactive_category")
    pattern = newest.canonical_text
    there = Rule.objects.select_related("category__parent").filter(
        kind=Rule.Kind.EXACT, pattern=pattern
    )
    taken = there.first()
    if taken is not None:
        if taken.category_id == category.pk and taken.is_active:
            return taken
        state = "" if taken.is_active else ", and is switched off"
        raise ConflictError(f"A rule for “{pattern}” is there: it says {taken.category}{state}.")
    rule = Rule(
        kind=Rule.Kind.EXACT,
        pattern=pattern,
        category=category,
        created_by=by,  # type: ignore[misc]
        note="From feedback",
    )
    rule._change_reason = f"feedback {newest.pk}"  # type: ignore[attr-defined]
    try:
        rule.full_clean()
        with transaction.atomic():
            rule.save()
    except ValidationError as error:
        raise InvalidItemError("pattern", " ".join(error.messages)) from error
    except IntegrityError as error:
        raise ConflictError(f"Another request is adding a rule for “{pattern}” now.") from error
    return rule
