"""What an experiment says now: estimates, health, guardrails and a verdict, kept as a frozen row.

Computed by workers alone: the statistics need scipy.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from classifier.exceptions import ConflictError
from experiments.models import Analysis, Experiment, Exposure, Metric
from experiments.models.experiment import SplitChoices
from experiments.services.guards import judge_guardrails, with_breaches
from experiments.services.looks import Look, next_look
from experiments.services.measurements import (
    ALPHA,
    Measurements,
    direction_of,
    unit_of,
    withheld,
)
from experiments.services.periods import running_period
from experiments.services.reading import long_reads
from experiments.services.report import GuardrailResult, MetricResult, Report
from experiments.services.sums import count_in_several
from experiments.stats.analysis import adjust
from experiments.stats.power import units_left
from experiments.stats.srm import feedback_rate, multiple_exposure, sample_ratio
from experiments.stats.types import (
    Estimate,
    HealthCheck,
    HealthKind,
    Method,
    Verdict,
    VerdictKind,
)
from experiments.stats.verdict import Case, NamedGuardrail, Secondary, VariantResult, decide

MAX_SUMMARY = 1000
Kind = Analysis.Kind


def analyse(experiment: Experiment, kind: Kind, by: AbstractBaseUser | None = None) -> Analysis:
    """Measure, judge and keep. Raises ConflictError for an experiment that was never started or
    has no two variants."""
    report = report_on(experiment)
    return keep(experiment, report, kind, by)


def keep(
    experiment: Experiment, report: Report, kind: Kind, by: AbstractBaseUser | None = None
) -> Analysis:
    summary = " ".join(report.verdict.sentences)
    return Analysis.objects.create(
        experiment=experiment,
        kind=kind,
        verdict=report.verdict.kind.value,
        summary=summary if len(summary) <= MAX_SUMMARY else f"{summary[: MAX_SUMMARY - 1]}…",
        report=report.as_json(),
        by=by,  # type: ignore[misc]
    )


def report_on(experiment: Experiment) -> Report:
    """Raises as `analyse`."""
    if experiment.status == Experiment.Status.DRAFT:
        raise ConflictError(f"{experiment} was never started: there is nothing to analyse.")
    with long_reads():
        return _report(experiment)


def _report(experiment: Experiment) -> Report:
    now = timezone.now()
    primary = experiment.primary_metric
    secondary = [each for each in experiment.secondary_metrics.all() if each != primary]
    guardrails = list(experiment.guardrails.select_related("metric"))
    wanted = [primary, *secondary, *(guardrail.metric for guardrail in guardrails)]
    period = running_period(experiment, now)
    measured = Measurements(
        experiment, list(dict.fromkeys(wanted)), period, primary, has_feedback_rate=True
    )
    if not measured.treatments:
        raise ConflictError(f"{experiment} has no two variants to compare.")
    look = next_look(experiment, measured.units, period.days)
    health = _health(measured)
    results = with_breaches(experiment, judge_guardrails(guardrails, measured))
    (true_primary,) = _results([primary], measured, look)
    others = _results(secondary, measured, look)
    left = _units_left(measured, look, true_primary)
    told = [result if look.is_due else _withheld(result) for result in (true_primary, *others)]
    case = _case(measured, look, told[0], told[1:], results, health, left)
    return Report(
        at=now,
        days=period.days,
        method=experiment.method,
        alpha=ALPHA,
        look=look,
        verdict=_verdict(case, look, experiment),
        arms=[(variant, measured.arms[variant.pk]) for variant in measured.variants],
        unassigned=_unassigned(measured),
        health=health,
        primary=told[0],
        secondary=told[1:],
        guardrails=results,
        units_needed=_units_needed(measured, true_primary, left),
        units_left=left,
    )


def _results(metrics: Sequence[Metric], measured: Measurements, look: Look) -> list[MetricResult]:
    """With p-values after Holm, over all variants and metrics that are given."""
    pairs = [(metric, variant) for metric in metrics for variant in measured.treatments]
    estimates = adjust(tuple(measured.estimate(metric, variant, look) for metric, variant in pairs))
    found: dict[int, dict[str, Estimate]] = {metric.pk: {} for metric in metrics}
    for (metric, variant), estimate in zip(pairs, estimates, strict=True):
        found[metric.pk][variant.key] = estimate
    return [MetricResult(metric, unit_of(metric), found[metric.pk]) for metric in metrics]


def _withheld(result: MetricResult) -> MetricResult:
    estimates = {key: withheld(estimate) for key, estimate in result.estimates.items()}
    return replace(result, estimates=estimates)


def _health(measured: Measurements) -> list[HealthCheck]:
    """Blocks of time are dealt out by a plan: there is no chance in their number, and no unit."""
    checks = []
    if measured.period.problem:
        checks.append(HealthCheck(HealthKind.CLOCK, True, measured.period.problem))
    if measured.is_by_time:
        return checks
    arms = [measured.arms[variant.pk] for variant in measured.variants]
    weights = [variant.weight for variant in measured.variants]
    checks.append(sample_ratio([arm.units for arm in arms], weights))
    if measured.experiment.split == SplitChoices.USER:
        in_several = count_in_several(measured.experiment)
        checks.append(multiple_exposure(measured.units, min(in_several, measured.units)))
    rates = [arm.feedback_rate for arm in arms]
    checks.append(feedback_rate(rates[0], rates[1:]))
    return checks


def _unassigned(measured: Measurements) -> int:
    arms = [variant.pk for variant in measured.variants]
    return Exposure.objects.filter(variant__in=arms, unit="").count()


def _units_left(measured: Measurements, look: Look, primary: MetricResult) -> int | None:
    """Until the smallest effect of interest would be found, by the treatment that needs most."""
    experiment, metric = measured.experiment, primary.metric
    spec = measured.spec(metric, look)
    left = [
        units_left(estimate, experiment.expected_effect, spec)
        for estimate in primary.estimates.values()
    ]
    known = [each for each in left if isinstance(each, int)]
    return max(known) if known else None


def _units_needed(measured: Measurements, primary: MetricResult, left: int | None) -> int | None:
    """In each variant, altogether."""
    if left is None:
        return measured.experiment.planned_units
    information = max(estimate.information for estimate in primary.estimates.values())
    needed = information + left
    return needed if measured.is_by_time else ceil(needed / 2)


def _case(
    measured: Measurements,
    look: Look,
    primary: MetricResult,
    secondary: Sequence[MetricResult],
    guardrails: Sequence[GuardrailResult],
    health: Sequence[HealthCheck],
    left: int | None,
) -> Case:
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


def _verdict(case: Case, look: Look, experiment: Experiment) -> Verdict:
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
