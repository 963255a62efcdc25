"""Try descriptors out: the whole answer with its reasons, and no row of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.engine.descriptors import Descriptor, parse
from classifier.engine.merchants.knowledge import MerchantEvidence
from classifier.engine.types import Decision, Neighbor, Timings
from classifier.models.choices import AnnotatorChoices
from classifier.services.predictions import TransactionRequest, decide, merchant_span


@dataclass(frozen=True, slots=True)
class Trial:
    """A descriptor taken apart, what was decided and by whom, the examples it is nearest to, where
    it names the merchant, and what that merchant said of the category."""

    descriptor: Descriptor
    decision: Decision
    annotator: AnnotatorChoices
    neighbors: list[Neighbor]
    merchant_span: tuple[int, int] | None
    evidence: MerchantEvidence | None


@dataclass(frozen=True, slots=True)
class TrialRun:
    """All trials of one call, in the order given; `timings` are the call's."""

    version: str
    timings: Timings
    trials: list[Trial]


def try_descriptors(
    descriptions: Sequence[str], direction: str = "", country: str = ""
) -> TrialRun:
    """Classify one or more descriptors, recording nothing.

    `direction` is "expense", "income" or empty; `country` an ISO 3166-1 alpha-2 code in lower
    case or empty. Raises NoEngineError where no version can be served.
    """
    decided = decide(
        [TransactionRequest(text, direction=direction, country=country) for text in descriptions]
    )
    trials = [
        Trial(
            parse(text),
            each.decision,
            each.annotation.annotator,
            each.route.version.engine.nearest_examples(text, country),
            merchant_span(text, each.decision),
            each.route.version.engine.merchant_evidence(text, country),
        )
        for text, each in zip(descriptions, decided, strict=True)
    ]
    first = decided[0]
    return TrialRun(first.route.version.name, first.decision.timings, trials)
