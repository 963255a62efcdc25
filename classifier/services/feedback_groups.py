"""Feedback in groups of one canonical text and one category, with what speaks against each."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from classifier.models import Category, Example, Feedback, Prediction
from classifier.services.rules import rules_in_force

Status = Feedback.Status
# How often a text comes is counted among the newest predictions.
LIVE = 10_000


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered to those who gave feedback, and to how many; None: no category."""

    category: Category | None
    count: int


@dataclass(frozen=True, slots=True)
class FeedbackGroup:
    """`newest_id` stands for the group. `persons` are distinct; `live` is how many of the LIVE
    newest predictions have the text. `category` is None where none was named. `conflicts` say in
    words what contradicts it."""

    newest_id: int
    text: str
    description: str
    category: Category | None
    status: str
    count: int
    persons: int
    last_at: datetime
    live: int
    answered: list[Answered]
    conflicts: list[str]


def groups(statuses: Sequence[str]) -> "QuerySet[Any, dict[str, Any]]":
    """Bare groups, those of most persons first; a page of them is filled in by `filled`."""
    found: QuerySet[Any, Any] = (
        Feedback.objects.filter(status__in=statuses)
        .order_by()
        .values("canonical_text", "category_id", "status")
        .annotate(
            count=Count("id"),
            persons=Count("person", distinct=True),
            newest=Max("id"),
            last_at=Max("created_at"),
        )
        .order_by("-persons", "-count", "-newest")
    )
    return found


def filled(bare: Sequence[dict[str, Any]]) -> list[FeedbackGroup]:
    """Groups as a person judges them. In a number of queries that no number of groups changes."""
    texts = {group["canonical_text"] for group in bare}
    said = _said(texts)
    examples = _examples(texts)
    answered = _answered(bare)
    live = _live(texts)
    newest = Feedback.objects.select_related("prediction").in_bulk(
        [group["newest"] for group in bare]
    )
    wanted = {group["category_id"] for group in bare}
    for counts in (*said.values(), *answered.values()):
        wanted.update(counts)
    categories = Category.objects.select_related("parent").in_bulk(wanted - {None})
    rules = rules_in_force()
    result = []
    for group in bare:
        text, own = group["canonical_text"], group["category_id"]
        rule = rules.find(text, "", None)
        conflicts = [
            *_other_sayings(own, said[text], categories),
            *(
                f"An example says {example.category}."
                for example in examples[text]
                if example.category_id != own
            ),
        ]
        if rule is not None and rule.category_id != own:
            path = f"{rule.category.primary_name} › {rule.category.name}"
            conflicts.append(f"A rule says {path}.")
        key = (text, own, group["status"])
        result.append(
            FeedbackGroup(
                newest_id=group["newest"],
                text=text,
                description=newest[group["newest"]].prediction.description,
                category=categories.get(own),
                status=group["status"],
                count=group["count"],
                persons=group["persons"],
                last_at=group["last_at"],
                live=live[text],
                answered=[
                    Answered(categories.get(category_id), count)
                    for category_id, count in answered[key].most_common()
                ],
                conflicts=conflicts,
            )
        )
    return result


def _said(texts: Iterable[str]) -> dict[str, Counter[int | None]]:
    """By text, how many persons say which category, of all that counts."""
    counted: dict[str, Counter[int | None]] = defaultdict(Counter)
    rows = (
        Feedback.objects.filter(canonical_text__in=texts)
        .exclude(status__in=(Status.REPLACED, Status.REJECTED))
        .order_by()
        .values_list("canonical_text", "category_id")
        .annotate(persons=Count("person", distinct=True))
    )
    for text, category_id, persons in rows:
        counted[text][category_id] = persons
    return counted


def _other_sayings(
    own: int | None, said: Counter[int | None], categories: dict[int, Category]
) -> list[str]:
    others = [(key, count) for key, count in said.most_common() if key not in (own, None)]
    found = []
    for category_id, persons in others:
        assert category_id is not None  # noqa: S101
        people = "1 person says" if persons == 1 else f"{persons:,} persons say"
        against = said[own]
        more = f", only {against:,} this" if persons > against and own is not None else ""
        found.append(f"{people} {categories[category_id]}{more}.")
    return found


def _examples(texts: Iterable[str]) -> dict[str, list[Example]]:
    found: dict[str, list[Example]] = defaultdict(list)
    rows = Example.objects.active().filter(canonical_text__in=texts)
    for example in rows.select_related("category__parent").order_by("id"):
        found[example.canonical_text].append(example)
    return found


def _answered(
    bare: Sequence[dict[str, Any]],
) -> dict[tuple[str, int | None, str], Counter[int | None]]:
    counted: dict[tuple[str, int | None, str], Counter[int | None]] = defaultdict(Counter)
    rows = (
        Feedback.objects.filter(
            Q(canonical_text__in={group["canonical_text"] for group in bare}),
            status__in={group["status"] for group in bare},
        )
        .order_by()
        .values_list("canonical_text", "category_id", "status", "prediction__category_id")
        .annotate(count=Count("id"))
    )
    for text, category_id, status, answer, count in rows:
        counted[text, category_id, status][answer] += count
    return counted


def _live(texts: Iterable[str]) -> Counter[str]:
    newest = Prediction.objects.order_by("-created_at").values("pk")[:LIVE]
    rows = (
        Prediction.objects.filter(pk__in=newest, canonical_text__in=texts)
        .order_by()
        .values_list("canonical_text")
        .annotate(count=Count("pk"))
    )
    return Counter(dict(rows))
