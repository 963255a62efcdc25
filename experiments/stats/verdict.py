"""What to do with an experiment, in sentences for who decides.

In this order: data that cannot be trusted block everything; a variant that is worse, or breached a
guardrail, is lost; a variant that is better and not lost is shipped; a difference too small to
matter, or not found when the time is over, is none; else it runs on. A fixed test is not judged
before its end; its guardrails are.
"""

from dataclasses import dataclass
from math import ceil

from experiments.stats.types import (
    Direction,
    Estimate,
    GuardrailKind,
    GuardrailState,
    HealthCheck,
    Method,
    MetricUnit,
    Verdict,
    VerdictKind,
)
from experiments.stats.wording import effect_text, percent_text, size_text


@dataclass(frozen=True, slots=True)
class Secondary:
    """A metric that is told and decides nothing."""

    name: str
    direction: Direction
    unit: MetricUnit
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class NamedGuardrail:
    name: str
    state: GuardrailState


@dataclass(frozen=True, slots=True)
class VariantResult:
    """A treatment: its primary estimate (after `analysis.adjust` where there are several), and
    what was seen beside it."""

    key: str
    primary: Estimate
    secondary: tuple[Secondary, ...] = ()
    guardrails: tuple[NamedGuardrail, ...] = ()

    @property
    def breached(self) -> tuple[NamedGuardrail, ...]:
        return self._guardrails(GuardrailKind.BREACHED)

    @property
    def unjudged(self) -> tuple[NamedGuardrail, ...]:
        return self._guardrails(GuardrailKind.CANNOT_SAY)

    def _guardrails(self, kind: GuardrailKind) -> tuple[NamedGuardrail, ...]:
        return tuple(found for found in self.guardrails if found.state.kind is kind)


@dataclass(frozen=True, slots=True)
class Case:
    """All that a verdict rests on.

    `metric` names the primary one. `expected_effect` (above 0; a share of the control's value
    where `is_expected_relative`) is the smallest effect of interest. `units_left` is how many units
    are missing to find it, None where that cannot be said; `units_a_day` how many come.
    """

    metric: str
    direction: Direction
    unit: MetricUnit
    method: Method
    alpha: float
    variants: tuple[VariantResult, ...]
    health: tuple[HealthCheck, ...]
    expected_effect: float
    is_expected_relative: bool
    days_run: float
    min_days: int
    max_days: int
    units_left: int | None = None
    units_a_day: float = 0.0

    @property
    def is_old_enough(self) -> bool:
        return self.days_run >= self.min_days

    @property
    def is_over(self) -> bool:
        """Whether the planned time, or the planned sample after the least time, is there."""
        return self.days_run >= self.max_days or (self.units_left == 0 and self.is_old_enough)

    @property
    def days_left(self) -> int:
        """Until it is over at the latest; at least 1."""
        left = self.max_days - self.days_run
        if self.units_left is not None and self.units_a_day > 0:
            left = min(left, self.units_left / self.units_a_day)
        return max(1, ceil(max(left, self.min_days - self.days_run)))


def decide(case: Case) -> Verdict:
    """Raises ValueError without a variant, or where the expected effect is not above 0."""
    if not case.variants or case.expected_effect <= 0:
        raise ValueError("A verdict needs a variant and an expected effect above 0.")
    failed = tuple(check.sentence for check in case.health if check.is_failed)
    if failed:
        closing = "Until this is explained, nothing that was measured can be trusted."
        return Verdict(VerdictKind.UNHEALTHY, (*failed, closing))
    lost = [result for result in case.variants if is_lost(case, result)]
    if len(lost) == len(case.variants):
        sentences = tuple(line for result in lost for line in _lost_sentences(case, result))
        return Verdict(VerdictKind.ROLL_BACK, (*sentences, "Return all traffic to the control."))
    if all(result.primary.reason for result in case.variants):
        return _cannot_say(case)
    winner = _winner(case)
    if winner is not None:
        return _ship(case, winner)
    open_ones = [result for result in case.variants if result not in lost]
    said = tuple(line for result in case.variants for line in _state_sentences(case, result))
    if _may_conclude(case) and all(_is_within(case, result.primary) for result in open_ones):
        closing = f"A difference of {_expected(case)} is ruled out: it hardly matters which serves."
        return Verdict(VerdictKind.NO_DIFFERENCE, (*said, closing))
    if case.is_over:
        closing = (
            "The time or the sample that was planned is used up and no difference was shown. One "
            f"smaller than {_expected(case)} may remain."
        )
        return Verdict(VerdictKind.NO_DIFFERENCE, (*said, closing))
    return Verdict(
        VerdictKind.KEEP_RUNNING, (*said, _wait_sentence(case)), days_left=case.days_left
    )


def is_better(case: Case, estimate: Estimate) -> bool:
    return _is_significant(case, estimate) and _benefit(case, estimate) > 0


def is_worse(case: Case, estimate: Estimate) -> bool:
    return _is_significant(case, estimate) and _benefit(case, estimate) < 0


def is_lost(case: Case, result: VariantResult) -> bool:
    """Whether it breached a guardrail or is worse; a single look counts when the time is over."""
    if result.breached:
        return True
    is_told = case.method is not Method.FIXED or case.is_over
    return is_told and is_worse(case, result.primary)


def _may_conclude(case: Case) -> bool:
    """Whether a good or an even result may be called: a single look is at the end."""
    return case.is_over if case.method is Method.FIXED else case.is_old_enough


def _is_significant(case: Case, estimate: Estimate) -> bool:
    adjusted = estimate.adjusted_p_value
    p_value = estimate.p_value if adjusted is None else adjusted
    return p_value is not None and p_value < case.alpha


def _benefit(case: Case, estimate: Estimate) -> float:
    effect = estimate.effect or 0.0
    return effect if case.direction is Direction.INCREASE else -effect


def _winner(case: Case) -> VariantResult | None:
    better = [
        result
        for result in case.variants
        if is_better(case, result.primary) and not is_lost(case, result)
    ]
    if not better or not _may_conclude(case):
        return None
    return max(better, key=lambda result: _benefit(case, result.primary))


def _is_within(case: Case, estimate: Estimate) -> bool:
    """Whether the whole interval lies closer to zero than the expected effect."""
    low, high = estimate.low, estimate.high
    if case.is_expected_relative:
        low, high = estimate.relative_low, estimate.relative_high
    if low is None or high is None:
        return False
    return -case.expected_effect < low and high < case.expected_effect


def _ship(case: Case, winner: VariantResult) -> Verdict:
    lines = [f"Ship {winner.key}.", *_state_sentences(case, winner)]
    lines += [line for each in winner.secondary if (line := _secondary_sentence(case, each))]
    lines += [f"The guardrail {found.name} could not be judged: {found.state.sentence}"
              for found in winner.unjudged]  # fmt: skip
    for other in case.variants:
        if other is not winner:
            lines += _state_sentences(case, other)
    return Verdict(VerdictKind.SHIP, tuple(lines), winner=winner.key)


def _cannot_say(case: Case) -> Verdict:
    reasons = dict.fromkeys(result.primary.reason for result in case.variants)
    lines = tuple(reason.sentence for reason in reasons if reason)
    if case.days_run >= case.max_days:
        return Verdict(VerdictKind.CANNOT_SAY, (*lines, "The planned time is over."))
    lines = (*lines, f"It runs for {_days(case.days_left)} more at most.")
    return Verdict(VerdictKind.CANNOT_SAY, lines, days_left=case.days_left)


def _state_sentences(case: Case, result: VariantResult) -> list[str]:
    """How one variant stands, whatever follows from it."""
    if is_lost(case, result):
        return _lost_sentences(case, result)
    estimate = result.primary
    if estimate.reason is not None:
        return [f"Of {result.key} nothing can be said. {estimate.reason.sentence}"]
    text = effect_text(estimate, case.unit)
    if case.method is Method.FIXED and not case.is_over:
        return [f"{result.key} stands in {case.metric}, {text}; it is not judged before the end."]
    if is_better(case, estimate):
        return [f"{result.key} is better in {case.metric}, {text}."]
    return [f"{result.key} shows no clear difference in {case.metric}, {text}."]


def _lost_sentences(case: Case, result: VariantResult) -> list[str]:
    lines = [
        f"{result.key} breached the guardrail {found.name}. {found.state.sentence}"
        for found in result.breached
    ]
    estimate = result.primary
    if estimate.effect is None:
        return lines
    text = effect_text(estimate, case.unit)
    if is_worse(case, estimate):
        lines.append(f"{result.key} is worse in {case.metric}, {text}.")
    elif is_better(case, estimate):
        lines.append(
            f"{result.key} is better in {case.metric}, {text}; that does not make up for it."
        )
    return lines


def _secondary_sentence(case: Case, secondary: Secondary) -> str:
    """Empty where nothing was found."""
    estimate = secondary.estimate
    if estimate.effect is None or not _is_significant(case, estimate):
        return ""
    is_up = estimate.effect > 0
    word = "better" if is_up == (secondary.direction is Direction.INCREASE) else "worse"
    return f"Beside it {secondary.name} is {word}, {effect_text(estimate, secondary.unit)}."


def _wait_sentence(case: Case) -> str:
    days = _days(case.days_left)
    if case.method is Method.FIXED:
        return f"The test is planned for one look, at the end: {days} more at most."
    if not case.is_old_enough:
        return f"It is to run for {_days(case.min_days)} at least: {days} more at most."
    return f"It runs for {days} more at most."


def _expected(case: Case) -> str:
    if case.is_expected_relative:
        return f"{percent_text(case.expected_effect)} of the control's value"
    return size_text(case.expected_effect, case.unit)


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
