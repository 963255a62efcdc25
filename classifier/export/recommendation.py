"""Which artifact to serve: the quickest of those that answer as the reference does."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classifier.exceptions import EncoderError
from classifier.export.benchmark import Figures
from classifier.export.validation import Validation


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so large a share of decisions changed, and so many points of accuracy lost."""

    max_changed: float = 0.01
    max_points_lost: float = 0.5


@dataclass(frozen=True, slots=True)
class Artifact:
    """What is known of an encoder. The reference has no validation: it is its own measure."""

    name: str
    is_reference: bool
    validation: Validation | None
    figures: Figures | None


@dataclass(frozen=True, slots=True)
class Passed:
    """An artifact that was not chosen, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`choice` names an artifact."""

    choice: str
    reason: str
    others: tuple[Passed, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def recommend(artifacts: Sequence[Artifact], limits: Limits | None = None) -> Recommendation:
    """The quickest artifact at batch 1 among those within the limits.

    Quickness is the speed-up over FP32, which is a median of rounds and less shaken by a busy
    machine than a latency; the median latency where one of them has no speed-up. Raises
    EncoderError where none may be chosen: at least the reference may, once it is measured.
    """
    limits = limits or Limits()
    refusals = {artifact.name: refusal(artifact, limits) for artifact in artifacts}
    allowed = [artifact for artifact in artifacts if refusals[artifact.name] is None]
    if not allowed:
        raise EncoderError(
            "No encoder can be recommended: "
            + " ".join(f"{name}: {reason}" for name, reason in refusals.items())
        )
    measured = [artifact.figures for artifact in allowed if artifact.figures]
    speed = _over_fp32 if all(figures.over_fp32 for figures in measured) else _by_latency
    best = max(allowed, key=lambda artifact: _score(artifact, speed))
    found = _named(best, speed)
    return Recommendation(
        choice=best.name,
        reason=_merits(best, found, limits),
        others=tuple(
            Passed(
                artifact.name,
                refusals[artifact.name] or f"slower: {_named(artifact, speed)} against {found}.",
            )
            for artifact in artifacts
            if artifact is not best
        ),
    )


def refusal(artifact: Artifact, limits: Limits) -> str | None:
    """Why an artifact may not be chosen; None where it may."""
    if artifact.figures is None:
        return "not measured for speed."
    if artifact.is_reference:
        return None
    validation = artifact.validation
    if validation is None:
        return "not validated."
    if not validation.embeds_alike:
        return "a text's vector depends on its neighbours."
    if not validation.deterministic:
        return "another process or thread count gives other vectors."
    comparison = validation.comparison
    if comparison.changed.value > limits.max_changed:
        return f"{comparison.changed.value:.2%} of decisions change; {limits.max_changed:.2%} may."
    if -comparison.difference > limits.max_points_lost:
        return (
            f"{-comparison.difference:.2f} points of accuracy are lost; "
            f"{limits.max_points_lost:.2f} may be."
        )
    return None


def _merits(artifact: Artifact, speed: str, limits: Limits) -> str:
    quickest = f"the quickest at batch 1 ({speed})"
    if artifact.validation is None:
        return f"{quickest}; it is the reference."
    comparison = artifact.validation.comparison
    return (
        f"{quickest} of those that change at most {limits.max_changed:.2%} of decisions "
        f"({comparison.changed.value:.2%}) and lose at most {limits.max_points_lost:.2f} points of "
        f"accuracy ({max(0.0, -comparison.difference):.2f})."
    )


def _over_fp32(figures: Figures) -> float:
    return figures.over_fp32 or 0.0


def _by_latency(figures: Figures) -> float:
    return 1 / figures.p50_ms


def _score(artifact: Artifact, speed: Callable[[Figures], float]) -> float:
    return speed(artifact.figures) if artifact.figures else 0.0


def _named(artifact: Artifact, speed: Callable[[Figures], float]) -> str:
    score = _score(artifact, speed)
    return f"{score:.2f} × FP32" if speed is _over_fp32 else f"{1 / score:.2f} ms"
