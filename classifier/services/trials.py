"""Try descriptors out: the whole answer with its reasons, and no row of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.engine.types import Decision, Neighbor, Timings
from classifier.services.predictions import TransactionRequest, decide


@dataclass(frozen=True, slots=True)
class Trial:
    """A descriptor, what was decided, and the examples it is nearest to."""

    description: str
    decision: Decision
    neighbors: list[Neighbor]


@dataclass(frozen=True, slots=True)
class TrialRun:
    """All trials of one call, in the order given; `timings` are the call's."""

    version: str
    timings: Timings
    trials: list[Trial]


def try_descriptors(descriptions: Sequence[str], direction: str = "") -> TrialRun:
    """Classify one or more descriptors, recording nothing.

    `direction` is "expense", "income" or empty. Raises NoEngineError where no version can be
    served.
    """
    decided = decide([TransactionRequest(text, direction=direction) for text in descriptions])
    trials = [
        Trial(text, decision, route.version.engine.nearest_examples(text))
        for text, (route, decision) in zip(descriptions, decided, strict=True)
    ]
    route, decision = decided[0]
    return TrialRun(route.version.name, decision.timings, trials)
