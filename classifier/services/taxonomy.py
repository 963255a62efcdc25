"""Load the default taxonomy and its examples."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from simple_history.utils import bulk_create_with_history

from classifier.engine.descriptors import normalize
from classifier.models import Category, Example
from classifier.progress import Progress, silent

DATA_DIR = Path(__file__).resolve().parent.parent / "data"
TAXONOMY_FILE = DATA_DIR / "taxonomy.yaml"
EXAMPLES_FILE = DATA_DIR / "examples.csv"
SEED_REASON = "seed"


@dataclass(frozen=True, slots=True)
class SeedCounts:
    """Rows added; what was there, or had been and was removed, is left as it is."""

    categories: int
    examples: int


def read_taxonomy() -> list[dict[str, Any]]:
    """The primary categories of the seed file, each with its `children`."""
    categories: list[dict[str, Any]] = yaml.safe_load(TAXONOMY_FILE.read_text(encoding="utf-8"))[
        "categories"
    ]
    return categories


def read_examples() -> Iterator[tuple[str, str]]:
    """(category slug, text) of the seed file."""
    with EXAMPLES_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["category"], row["text"]


@transaction.atomic
def seed_categories(report: Progress = silent) -> SeedCounts:
    """Add what the seed has and the database never had.

    An analyst's word stands: a row that was changed, switched off, moved or deleted is not
    touched or made again. Deleted rows are known from the history.
    """
    known_slugs = set(Category.history.values_list("slug", flat=True))
    added = 0
    categories: dict[str, Category] = {
        category.slug: category for category in Category.objects.all()
    }
    for order, entry in enumerate(read_taxonomy()):
        added += _add_category(entry, None, order, entry["direction"], known_slugs, categories)
        parent = categories.get(entry["slug"])
        if parent is None:
            continue
        for child_order, child in enumerate(entry["children"]):
            direction = child.get("direction", entry["direction"])
            added += _add_category(child, parent, child_order, direction, known_slugs, categories)
    report(0.2, "categories")
    examples = _missing_examples(categories)
    bulk_create_with_history(examples, Example, batch_size=500, default_change_reason=SEED_REASON)
    report(1.0, "examples")
    return SeedCounts(added, len(examples))


def _add_category(
    entry: dict[str, Any],
    parent: Category | None,
    order: int,
    direction: str,
    known_slugs: set[str],
    categories: dict[str, Category],
) -> int:
    if entry["slug"] in known_slugs or _is_name_taken(entry["name"], parent, categories):
        return 0
    category = Category(
        slug=entry["slug"],
        name=entry["name"],
        parent=parent,
        description=entry.get("description", ""),
        direction=direction,
        sort_order=order,
    )
    # simple_history reads the reason from this attribute.
    category._change_reason = SEED_REASON  # type: ignore[attr-defined]
    category.save()
    categories[category.slug] = category
    return 1


def _is_name_taken(name: str, parent: Category | None, categories: dict[str, Category]) -> bool:
    place = (parent.pk if parent else None, name)
    return any((category.parent_id, category.name) == place for category in categories.values())


def _missing_examples(categories: dict[str, Category]) -> list[Example]:
    known_texts = set(map(normalize, Example.history.values_list("text", flat=True)))
    missing = []
    for slug, text in read_examples():
        canonical_text = normalize(text)
        category = categories.get(slug)
        if category is None or canonical_text in known_texts:
            continue
        known_texts.add(canonical_text)
        missing.append(
            Example(
                category=category,
                text=text,
                canonical_text=canonical_text,
                source=Example.Source.SEED,
            )
        )
    return missing
