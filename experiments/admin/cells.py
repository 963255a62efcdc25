"""How the figures of an experiment look: statuses, verdicts, effects with their intervals."""

from typing import Any

from django.utils.safestring import SafeString

from classifier.admin.cells import NOTHING, badge
from experiments.models import Analysis, Experiment, Guardrail, Metric
from experiments.stats.types import MetricUnit

# Of a difference; a share itself is in percent.
UNITS: dict[str, str] = {
    MetricUnit.SHARE.value: "points",
    MetricUnit.MILLISECONDS.value: "ms",
    MetricUnit.NUMBER.value: "",
}
# From here on, digits after the point say nothing.
THOUSAND = 1000
STATUS_VARIANTS: dict[str, str] = {
    Experiment.Status.DRAFT.value: "default",
    Experiment.Status.RUNNING.value: "success",
    Experiment.Status.PAUSED.value: "warning",
    Experiment.Status.STOPPED.value: "info",
}
VERDICT_VARIANTS: dict[str, str] = {
    Analysis.Verdict.SHIP.value: "success",
    Analysis.Verdict.ROLL_BACK.value: "danger",
    Analysis.Verdict.KEEP_RUNNING.value: "info",
    Analysis.Verdict.NO_DIFFERENCE.value: "default",
    Analysis.Verdict.UNHEALTHY.value: "danger",
    Analysis.Verdict.CANNOT_SAY.value: "warning",
}
ACTION_VARIANTS: dict[str, str] = {
    Guardrail.Action.WARN.value: "warning",
    Guardrail.Action.PAUSE.value: "warning",
    Guardrail.Action.STOP.value: "danger",
}


def status_badge(experiment: Experiment) -> SafeString:
    return badge(experiment.get_status_display(), STATUS_VARIANTS[experiment.status])


def verdict_badge(verdict: str | None) -> SafeString | str:
    """A dash where nothing was analysed yet."""
    if verdict is None:
        return NOTHING
    return badge(str(Analysis.Verdict(verdict).label), VERDICT_VARIANTS[verdict])


def share(value: float) -> str:
    """0.0125 as “1.25%”: as many digits as were given."""
    return f"{100 * value:g}%"


def value_shown(value: float | None, unit: str) -> str:
    """A metric's own value: 12.04%, 12.31 ms, 0.9134."""
    if value is None:
        return NOTHING
    return f"{100 * value:.2f}%" if unit == MetricUnit.SHARE else f"{_plain(value)}{_of(unit)}"


def effect_shown(estimate: dict[str, Any], unit: str) -> str:
    """“+0.52 (+0.10 to +0.94) points”; a dash where nothing can be said."""
    effect, low, high = (estimate[name] for name in ("effect", "low", "high"))
    if effect is None:
        return NOTHING
    word = _points if unit == MetricUnit.SHARE else _signed
    return f"{word(effect)}{_between(word, low, high)}{_of(unit)}"


def relative_shown(estimate: dict[str, Any]) -> str:
    """“+5.30 (+1.00 to +9.60)%”; a dash where nothing can be said."""
    effect, low, high = (
        estimate[name] for name in ("relative_effect", "relative_low", "relative_high")
    )
    if effect is None:
        return NOTHING
    return f"{_points(effect)}{_between(_points, low, high)}%"


def p_shown(value: float | None) -> str:
    """Four digits after the point, and never zero."""
    if value is None:
        return NOTHING
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def unit_of(metric: Metric) -> MetricUnit:
    """As the analysis has it."""
    if metric.is_share:
        return MetricUnit.SHARE
    is_time = metric.field == Metric.Field.LATENCY_MS
    return MetricUnit.MILLISECONDS if is_time else MetricUnit.NUMBER


def _between(word: Any, low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" ({word(low)} to {word(high)})"


def _of(unit: str) -> str:
    """What stands behind an effect, or a value that is no share."""
    return UNITS[unit] and f" {UNITS[unit]}"


def _points(value: float) -> str:
    """A share in points of percent, with its sign."""
    return f"{100 * value:+.2f}"


def _signed(value: float) -> str:
    return f"{value:+,.0f}" if abs(value) >= THOUSAND else f"{value:+.3g}"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.4g}"
