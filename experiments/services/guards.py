"""How the guardrails of an experiment stand, by intervals that hold at every minute."""

from collections.abc import Iterable

from experiments.models import Experiment, Guardrail, GuardrailAlert, Variant
from experiments.services.measurements import Measurements, unit_of
from experiments.services.report import GuardrailResult
from experiments.stats.guardrails import judge
from experiments.stats.types import Direction, GuardrailKind, GuardrailState, Sides


def judge_guardrails(
    guardrails: Iterable[Guardrail], measurements: Measurements
) -> list[GuardrailResult]:
    """Each guardrail of each treatment, by what was measured now."""
    return [
        _judged(guardrail, variant, measurements)
        for guardrail in guardrails
        for variant in measurements.treatments
    ]


def with_breaches(
    experiment: Experiment, results: Iterable[GuardrailResult]
) -> list[GuardrailResult]:
    """The same, where a breach that was seen and is not over stays one: an interval that holds at
    every minute needs to leave the margin behind once."""
    alerts = GuardrailAlert.objects.filter(
        guardrail__experiment=experiment, resolved_at__isnull=True
    )
    open_ones = {(alert.guardrail_id, alert.variant_id): alert.text for alert in alerts}
    found = []
    for result in results:
        text = open_ones.get((result.guardrail.pk, result.variant.pk))
        if text is not None and result.state.kind is not GuardrailKind.BREACHED:
            state = GuardrailState(GuardrailKind.BREACHED, text)
            result = GuardrailResult(result.guardrail, result.variant, state, result.estimate)
        found.append(result)
    return found


def _judged(guardrail: Guardrail, variant: Variant, measurements: Measurements) -> GuardrailResult:
    estimate = measurements.estimate(guardrail.metric, variant, None, sides=Sides.EITHER)
    is_harmed_by_more = guardrail.harm == Guardrail.Harm.INCREASE
    state = judge(
        estimate,
        Direction.DECREASE if is_harmed_by_more else Direction.INCREASE,
        guardrail.margin,
        is_relative=guardrail.is_relative,
        # Under a split by time the units are squares of blocks, of which the test wants its own
        # number.
        minimum_units=0 if measurements.is_by_time else guardrail.minimum_units,
        unit=unit_of(guardrail.metric),
    )
    return GuardrailResult(guardrail, variant, state, estimate)
