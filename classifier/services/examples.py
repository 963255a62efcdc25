"""Curate labelled examples."""

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction

from classifier.exceptions import ConflictError, InvalidItemError
from classifier.models import Category, Example


def find_detailed_category(slug: str, path: str) -> Category:
    """Raises InvalidItemError naming `path` where no active detailed category has the slug."""
    category = Category.objects.active().detailed().select_related("parent").filter(slug=slug).first()
    if category is None:
        raise InvalidItemError(path, f"No active detailed category has the slug “{slug}”.", "unknown")
    return category


def add_example(
    *,
    category: str,
    text: str,
    note: str = "",
    is_override: bool = False,
    source: str = Example.Source.ANALYST,
    created_by: AbstractBaseUser | None = None,
) -> Example:
    """Add one example. Raises InvalidItemError, or ConflictError where the text is taken."""
    example = Example(
        category=find_detailed_category(category, "category"),
        text=text,
        note=note,
        is_override=is_override,
        source=source,
        created_by=created_by,  # type: ignore[misc]
    )
    try:
        example.full_clean()
    except ValidationError as error:
        for field, problems in error.error_dict.items():
            problem = problems[0]
            if problem.code in ("conflict", "duplicate"):
                raise ConflictError(" ".join(problem.messages)) from error
            raise InvalidItemError(field, " ".join(problem.messages)) from error
    example.save()
    return example


@transaction.atomic
def move_examples(examples: Sequence[Example], category: Category) -> list[tuple[Example, str]]:
    """Move examples to a category, each with its history row. Returns those refused, and why."""
    refused = []
    for example in examples:
        example.category = category
        try:
            example.full_clean()
        except ValidationError as error:
            refused.append((example, " ".join(error.messages)))
        else:
            example.save()
    return refused
