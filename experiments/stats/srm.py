"""Whether the data can be trusted. Each check that fails blocks the verdict and says why."""

from collections.abc import Sequence

from scipy.special import chdtrc

from experiments.stats.analysis import analyse_metric
from experiments.stats.types import (
    AnalysisSpec,
    CannotSay,
    HealthCheck,
    HealthKind,
    Method,
    UnitSums,
)
from experiments.stats.wording import p_text, percent_text

# Checks are made at every look: a false alarm must be rare.
SMALLEST_P = 0.001
SMALLEST_EXPECTED = 5
LARGEST_MULTIPLE = 0.01


def sample_ratio(observed: Sequence[int], weights: Sequence[float]) -> HealthCheck:
    """Whether units fell to the variants as their weights say: Pearson's chi-squared, p < 0.001.

    Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments" (2019). A
    variant of weight 0 that has units is a mismatch. Raises ValueError unless there is a weight
    for each count, none is negative and two weights are positive.
    """
    pairs = list(zip(observed, weights, strict=True))
    if min((*observed, *weights), default=-1) < 0 or sum(weight > 0 for weight in weights) < 2:
        raise ValueError(f"Counts {list(observed)} by weights {list(weights)}.")
    kind, total = HealthKind.SAMPLE_RATIO, sum(observed)
    if any(count and not weight for count, weight in pairs):
        return HealthCheck(kind, True, "A variant that should get no units has some.", 0.0)
    expected = [total * weight / sum(weights) for weight in weights]
    if min(share for share in expected if share or not total) < SMALLEST_EXPECTED:
        reason = CannotSay.TOO_FEW_EXPECTED
        return HealthCheck(kind, False, reason.sentence, reason=reason)
    cells = [
        (count - share) ** 2 / share
        for count, share in zip(observed, expected, strict=True)
        if share
    ]
    p_value = float(chdtrc(len(cells) - 1, sum(cells)))
    counts = f"{_listed(observed)} units where {_listed(expected)} were expected"
    if p_value < SMALLEST_P:
        sentence = f"The split is not as planned: {counts} ({p_text(p_value)})."
        return HealthCheck(kind, True, sentence, p_value)
    return HealthCheck(kind, False, f"The split is as planned: {counts}.", p_value)


def multiple_exposure(units: int, in_several: int) -> HealthCheck:
    """Whether more than 1% of the units were served by more than one variant.

    Raises ValueError unless 0 <= in_several <= units.
    """
    if not 0 <= in_several <= units:
        raise ValueError(f"{in_several} of {units} units in several variants.")
    kind = HealthKind.MULTIPLE_EXPOSURE
    if not units:
        reason = CannotSay.NO_DATA
        return HealthCheck(kind, False, reason.sentence, reason=reason)
    share = in_several / units
    is_failed = share > LARGEST_MULTIPLE
    sentence = (
        f"{percent_text(share)} of the units were served by more than one variant; "
        f"{percent_text(LARGEST_MULTIPLE)} may be."
    )
    return HealthCheck(kind, is_failed, sentence)


def feedback_rate(control: UnitSums, variants: Sequence[UnitSums]) -> HealthCheck:
    """Whether feedback is given as often in every arm: who answers decides what is measured.

    A unit's numerator is how many of its predictions got feedback, its denominator how many it
    had. Each variant against the control over units, p < 0.001 after Bonferroni.
    """
    kind = HealthKind.FEEDBACK_RATE
    spec = AnalysisSpec(method=Method.FIXED)
    estimates = [analyse_metric(control, variant, spec) for variant in variants]
    judged = [
        (min(1.0, estimate.p_value * len(estimates)), estimate)
        for estimate in estimates
        if estimate.p_value is not None
    ]
    if not judged:
        reason = next((found.reason for found in estimates if found.reason), CannotSay.NO_DATA)
        return HealthCheck(kind, False, reason.sentence, reason=reason)
    p_value, estimate = min(judged, key=lambda each: each[0])
    rates = (
        f"{percent_text(estimate.variant_value or 0.0)} of a variant's predictions got feedback, "
        f"{percent_text(estimate.control_value or 0.0)} of the control's"
    )
    if p_value < SMALLEST_P:
        sentence = f"Feedback is not given alike: {rates} ({p_text(p_value)})."
        return HealthCheck(kind, True, sentence, p_value)
    return HealthCheck(kind, False, f"Feedback is given alike: {rates}.", p_value)


def _listed(numbers: Sequence[float]) -> str:
    *most, last = (f"{number:,.0f}" for number in numbers)
    return f"{', '.join(most)} and {last}" if most else last
