"""What a rule does, and what one would do before it is saved."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from classifier.engine.rules import RuleTable
from classifier.engine.types import Direction, Transaction
from classifier.models import Category, Prediction, Rule
from classifier.models.choices import AnnotatorChoices
from classifier.services.rules import entry_of, load_rules

# A preview is of the newest predictions.
LOOKED_AT = 10_000
SAMPLES = 10
# A rule that has not decided anything for so long is pointed out.
IDLE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Change:
    """One text whose answer would be another, and how many of its predictions."""

    text: str
    before: Category | None
    count: int


@dataclass(frozen=True, slots=True)
class RulePreview:
    """Of the `looked_at` newest predictions: those that a rule matches, those of them whose answer
    would be another, and those that an earlier rule or the user's own correction decides."""

    looked_at: int
    matches: int
    changes: int
    decided_before: int
    samples: list[Change]

    def __str__(self) -> str:
        if not self.looked_at:
            return "There are no predictions yet to try it on."
        text = (
            f"Matches {self.matches:,} of the last {self.looked_at:,} predictions; "
            f"{self.changes:,} {'changes' if self.changes == 1 else 'change'}."
        )
        if self.decided_before:
            text += (
                f" An earlier rule or the user's own correction decides {self.decided_before:,} "
                "of them."
            )
        return text


def preview_rule(rule: Rule) -> RulePreview:
    """What a rule would have done, saved as it is and switched on. `rule` may be new."""
    entry = entry_of(rule)
    alone = RuleTable([entry])
    together = load_rules(beside=entry)
    changed: dict[tuple[str, int | None], int] = {}
    looked_at = matches = decided_before = 0
    rows = Prediction.objects.order_by("-created_at").values_list(
        "canonical_text", "mcc", "direction", "amount", "category_id", "annotator"
    )
    for text, mcc, direction, amount, category_id, annotator in rows[:LOOKED_AT]:
        looked_at += 1
        stated = Direction(direction) if direction else None
        flow = Transaction("", stated, amount).flow
        if alone.find(text, mcc, flow) is None:
            continue
        matches += 1
        if annotator == AnnotatorChoices.PERSONAL or together.find(text, mcc, flow) is not entry:
            decided_before += 1
        elif category_id != entry.category_id:
            changed[text, category_id] = changed.get((text, category_id), 0) + 1
    most = sorted(changed.items(), key=lambda item: -item[1])[:SAMPLES]
    categories = Category.objects.select_related("parent").in_bulk(
        [category_id for (_, category_id), _ in most if category_id]
    )
    return RulePreview(
        looked_at,
        matches,
        sum(changed.values()),
        decided_before,
        [
            Change(text, categories.get(category_id) if category_id else None, count)
            for (text, category_id), count in most
        ],
    )


def with_last_use(rules: "QuerySet[Rule]") -> "QuerySet[Rule]":
    """`last_used_at` on each: when it last decided, None where it never has."""
    used = Prediction.objects.filter(rule=OuterRef("pk")).order_by("-created_at")
    return rules.annotate(last_used_at=Subquery(used.values("created_at")[:1]))


def idle_rules() -> "QuerySet[Rule]":
    """Rules in force that are older than IDLE and have decided nothing for as long."""
    since = timezone.now() - IDLE
    used = Prediction.objects.filter(rule=OuterRef("pk"), created_at__gte=since)
    return Rule.objects.active().filter(Q(created_at__lt=since) & ~Exists(used))


def has_decided(rule: Rule) -> bool:
    """Such a rule stays, for the sake of the predictions that name it."""
    return Prediction.objects.filter(rule=rule).exists()
