"""Curate labelled examples."""

from collections import defaultdict

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from simple_history.utils import bulk_update_with_history

from classifier.exceptions import ConflictError, InvalidItemError
from classifier.models import Category, Example

BATCH = 500


def find_detailed_category(slug: str, path: str) -> Category:
    """Raises InvalidItemError naming `path` where no active detailed category has the slug."""
    category = (
        Category.objects.active().detailed().select_related("parent").filter(slug=slug).first()
    )
    if category is None:
        raise InvalidItemError(
            path, f"No active detailed category has the slug “{slug}”.", "unknown_category"
        )
    return category


def add_example(
    *,
    category: str,
    text: str,
    note: str = "",
    is_override: bool = False,
    source: str = Example.Source.ANALYST,
    created_by: AbstractBaseUser | None = None,
    reason: str = "",
) -> Example:
    """Add one example; `reason` goes into its history.

    Raises InvalidItemError, or ConflictError where the text is taken.
    """
    example = Example(
        category=find_detailed_category(category, "category"),
        text=text,
        note=note,
        is_override=is_override,
        source=source,
        created_by=created_by,  # type: ignore[misc]
    )
    example._change_reason = reason or None  # type: ignore[attr-defined]
    try:
        # `clean` makes the canonical text, after the fields are checked.
        example.full_clean(exclude=["canonical_text"])
        with transaction.atomic():
            example.save()
    except ValidationError as error:
        field, problems = next(iter(error.error_dict.items()))
        code = problems[0].code or "invalid"
        if code in ("conflict", "duplicate"):
            raise ConflictError(_taken(example), "text", code) from error
        raise InvalidItemError(field, " ".join(problems[0].messages), code) from error
    except IntegrityError as error:
        raise ConflictError(_taken(example), "text") from error
    return example


@transaction.atomic
def move_examples(
    examples: "QuerySet[Example]", category: Category
) -> tuple[int, list[tuple[Example, str]]]:
    """Move examples to a detailed category, each with its history row.

    Returns how many moved, and those refused with the reason of each.
    """
    chosen = list(examples.values_list("pk", flat=True))
    texts = examples.order_by().values("canonical_text")
    alike = Example.objects.filter(canonical_text__in=texts).select_related("category__parent")
    by_pk = {example.pk: example for example in alike}
    by_text = defaultdict(list)
    for example in by_pk.values():
        by_text[example.canonical_text].append(example)
    moved, refused = [], []
    for example in (by_pk[pk] for pk in chosen):
        twins = [twin for twin in by_text[example.canonical_text] if twin is not example]
        home, example.category = example.category, category
        try:
            example.clean_beside(twins)
        except ValidationError as error:
            example.category = home
            refused.append((example, " ".join(error.messages)))
        else:
            moved.append(example)
    bulk_update_with_history(moved, Example, ["category"], batch_size=BATCH)
    return len(moved), refused


def switch_examples(examples: "QuerySet[Example]", is_active: bool) -> int:
    """Switch examples on or off, each with its history row. Returns how many changed."""
    changed = list(examples.filter(is_active=not is_active))
    for example in changed:
        example.is_active = is_active
    bulk_update_with_history(changed, Example, ["is_active"], batch_size=BATCH)
    return len(changed)


def _taken(example: Example) -> str:
    """Who has the text of an example that is refused for it."""
    twins = Example.objects.filter(canonical_text=example.canonical_text).order_by("id")
    own = twins.filter(category=example.category).first()
    if own is not None:
        return f"This category has the text already, as “{own.text}”."
    twin = twins.select_related("category__parent").first()
    if twin is None:
        return "Another request is adding this text just now."
    return (
        f"The category “{twin.category}” ({twin.category.slug}) has the text already, as "
        f"“{twin.text}”. Override to keep both."
    )
