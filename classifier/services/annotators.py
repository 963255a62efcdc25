"""Who answers: the account holder's own correction, else a rule, else the version.

The version always answers first; what a person decided then goes before it, so that what it
would have said stays known.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from classifier.engine.decision import ALTERNATIVES
from classifier.engine.types import Alternative, CategoryInfo, Decision, Direction, Level
from classifier.models.choices import AnnotatorChoices
from classifier.services.personal import recall
from classifier.services.rules import rules_in_force


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a transaction the annotators look at, beside what the version found in it."""

    user_id: str = ""
    mcc: str = ""
    flow: Direction | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """Who decided, and for what. `category_id` and `rule_id` are primary keys; where the version
    decided, the first is left to the version and the second is None."""

    annotator: AnnotatorChoices
    category: CategoryInfo | None
    category_id: int | None = None
    rule_id: int | None = None


def annotate(asked: Sequence[Asked], decisions: Sequence[Decision]) -> list[Annotation]:
    """Who answers each, in the order given.

    Neither a person nor a rule gives money in a category of expenses, nor money out one of
    income: what does not fit is passed over.
    """
    known = [
        (each, decision) for each, decision in zip(asked, decisions, strict=True) if each.user_id
    ]
    memory = recall(
        {each.user_id for each, _ in known},
        {decision.canonical_text for _, decision in known} - {""},
        {key for _, decision in known if (key := _merchant_key(decision))},
    )
    rules = rules_in_force()
    annotations = []
    for each, decision in zip(asked, decisions, strict=True):
        text = decision.canonical_text
        own = memory.find(each.user_id, text, _merchant_key(decision), each.flow)
        if own is not None:
            annotation = Annotation(AnnotatorChoices.PERSONAL, own.category, own.category_id)
        elif (rule := rules.find(text, each.mcc, each.flow)) is not None:
            annotation = Annotation(AnnotatorChoices.RULE, rule.category, rule.category_id, rule.id)
        else:
            annotation = Annotation(AnnotatorChoices.MODEL, decision.category)
        annotations.append(annotation)
    return annotations


def annotated(decision: Decision, annotation: Annotation) -> Decision:
    """The decision as it is given: where a person or a rule decided, theirs, without figures, and
    with the version's best guess before the alternatives."""
    if annotation.annotator is AnnotatorChoices.MODEL:
        return decision
    alternatives = decision.alternatives
    if decision.category is not None and decision.score is not None:
        alternatives = (Alternative(decision.category, decision.score), *alternatives)
    return replace(
        decision,
        category=annotation.category,
        level=Level.HIGH,
        reason=None,
        confidence=None,
        score=None,
        margin=None,
        primary=None,
        alternatives=alternatives[:ALTERNATIVES],
    )


def _merchant_key(decision: Decision) -> str:
    return decision.merchant.merchant.key if decision.merchant else ""
