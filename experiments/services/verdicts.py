"""What an experiment's results come to, with what its looks and its stop make of them."""

from collections.abc import Sequence

from experiments.models import Experiment
from experiments.services.looks import Look
from experiments.services.measurements import ALPHA, Measurements, direction_of
from experiments.services.report import GuardrailResult, MetricResult
from experiments.stats.types import HealthCheck, Method, Verdict, VerdictKind
from experiments.stats.verdict import Case, NamedGuardrail, Secondary, VariantResult, decide


def case_of(
    measured: Measurements,
    look: Look,
    primary: MetricResult,
    secondary: Sequence[MetricResult],
    guardrails: Sequence[GuardrailResult],
    health: Sequence[HealthCheck],
    left: int | None,
) -> Case:
    """`left` is how many units are missing, None where that cannot be said."""
    experiment, days = measured.experiment, measured.period.days
    is_fixed_at_end = experiment.method == Method.FIXED and look.is_due
    information = max(estimate.information for estimate in primary.estimates.values())
    return Case(
        metric=primary.metric.name,
        direction=direction_of(primary.metric),
        unit=primary.unit,
        method=Method(experiment.method),
        alpha=ALPHA,
        variants=tuple(
            VariantResult(
                variant.key,
                primary.estimates[variant.key],
                tuple(
                    Secondary(
                        result.metric.name,
                        direction_of(result.metric),
                        result.unit,
                        result.estimates[variant.key],
                    )
                    for result in secondary
                ),
                tuple(
                    NamedGuardrail(result.guardrail.metric.name, result.state)
                    for result in guardrails
                    if result.variant.pk == variant.pk
                ),
            )
            for variant in measured.treatments
        ),
        health=tuple(health),
        expected_effect=experiment.expected_effect,
        is_expected_relative=True,
        days_run=days,
        min_days=experiment.min_days,
        # A single look is at the end, whenever that comes.
        max_days=min(experiment.max_days, int(days)) if is_fixed_at_end else experiment.max_days,
        units_left=left,
        units_a_day=information / days if days > 0 else 0.0,
    )


def verdict_of(case: Case, look: Look, experiment: Experiment) -> Verdict:
    """The case's, and what follows from looks that are not due and from a stop before the time."""
    verdict = decide(case)
    if verdict.kind in (VerdictKind.UNHEALTHY, VerdictKind.ROLL_BACK):
        return verdict
    if not look.is_due:
        return Verdict(
            VerdictKind.KEEP_RUNNING, (_waiting(look), *verdict.sentences[-1:]),
            days_left=case.days_left,
        )  # fmt: skip
    if experiment.status != Experiment.Status.STOPPED:
        return verdict
    is_early = case.days_run < experiment.min_days
    if not is_early and verdict.days_left is None:
        return verdict
    waits = verdict.days_left is not None
    said = verdict.sentences[:-1] if waits else verdict.sentences
    wanted = f"{experiment.min_days} days at least" if is_early else f"{case.max_days} days"
    closing = f"It was stopped after {case.days_run:.1f} days and was to run for {wanted}."
    return Verdict(VerdictKind.CANNOT_SAY, (*said, closing))


def _waiting(look: Look) -> str:
    if look.planned == 1:
        return "One look is planned, at the end: nothing is told before."
    share = (look.number + 1) / look.planned
    return (
        f"Look {look.number + 1} of {look.planned} is due when {share:.0%} of what was planned is "
        "there: nothing is told before."
    )
