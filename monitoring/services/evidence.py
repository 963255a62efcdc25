"""What is kept of the moment at which an alert began to fire, and what it says in a sentence."""

import math
from dataclasses import asdict
from datetime import datetime
from typing import Any

from monitoring.collectors import circumstances, guardrails
from monitoring.detectors.threshold import Limits, Look
from monitoring.measures import Unit
from monitoring.models import AlertRule
from monitoring.services.judge import Judge, Step
from monitoring.services.rules import pace_of
from monitoring.wording import figure

MAX_TEXT = 500


class Evidence:
    """Of one turn: what is the same for many alerts is asked for once."""

    def __init__(self) -> None:
        self._versions: dict[datetime, str] = {}
        self._breaches: dict[datetime, list[guardrails.Breach]] = {}

    def of(self, judge: Judge, label: str, step: Step) -> dict[str, Any]:
        """As JSON; values are in the measure's unit, times in ISO 8601."""
        rule, limits = judge.rule, step.limits
        found: dict[str, Any] = {
            "measure": rule.measure,
            "name": judge.measure.name,
            "unit": judge.measure.unit.value,
            "by": rule.by,
            "label": label,
            "at": step.at.isoformat(),
            "value": step.value,
            "condition": rule.condition,
            "warning": limits and limits.warning,
            "critical": limits and limits.critical,
            "samples": step.samples,
            "minimum_samples": rule.minimum_samples,
            "window_minutes": rule.window_minutes,
            "for_minutes": rule.for_minutes,
            "points": [
                {"at": point.at.isoformat(), "value": point.value, "count": point.count}
                for point in judge.points(label, step.at)
            ],
            "version": self._version(step.at),
        }
        if step.reference is not None:
            found["reference"] = {**asdict(step.reference), "days": rule.reference_days}
        if _is_of_guardrails(judge):
            found["experiments"] = [
                {**asdict(breach), "since": breach.since.isoformat()}
                for breach in self._breaches_of(label, step.at)
            ]
        finite: dict[str, Any] = _finite(found)
        return finite

    def sentence(self, judge: Judge, label: str, step: Step) -> str:
        """What is wrong, with figures."""
        breaches = self._breaches_of(label, step.at) if _is_of_guardrails(judge) else []
        told = [f"{breach.experiment}: {breach.text}" for breach in breaches]
        return " ".join([sentence(judge, label, step), *told])[:MAX_TEXT]

    def _version(self, moment: datetime) -> str:
        if moment not in self._versions:
            self._versions[moment] = circumstances.active_version(moment)
        return self._versions[moment]

    def _breaches_of(self, label: str, moment: datetime) -> list[guardrails.Breach]:
        if moment not in self._breaches:
            self._breaches[moment] = guardrails.breaches(moment)
        return [each for each in self._breaches[moment] if label in ("", each.label)]


def sentence(judge: Judge, label: str, step: Step) -> str:
    """“Error rate of v2: 12%, above 5% over 5 minutes.” Of what is not wrong, without the
    threshold."""
    rule, unit = judge.rule, judge.measure.unit
    subject = f"{judge.measure.name} of {label}" if label else judge.measure.name
    if step.look is Look.FEW_RIGHT:
        lasted = _minutes(pace_of(rule).few_minutes)
        return f"{subject}: right for {lasted}, by fewer observations than are needed."
    if step.value is None:
        return f"{subject} is not seen any more."
    limit = _passed(step.limits, step.look)
    said = f"{subject}: {figure(step.value, unit)}"
    if limit is not None:
        said += f", {rule.condition} {_limit_text(limit, step, unit)}"
    return f"{said} over {_minutes(rule.window_minutes)}."


def blind_text(rule: AlertRule, step: Step) -> str:
    """Why nothing can be said."""
    if step.look.is_few:
        if rule.minimum_samples:
            return f"{step.samples} observations; {rule.minimum_samples} are needed."
        return "Nothing was observed."
    if step.value is not None:
        return "There is too little of the past to learn thresholds from."
    return "Nothing was measured."


def _finite(found: Any) -> Any:
    """With nothing in the place of what is infinite or no number: JSON knows neither."""
    if isinstance(found, dict):
        return {key: _finite(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_finite(value) for value in found]
    return None if isinstance(found, float) and not math.isfinite(found) else found


def _limit_text(limit: float, step: Step, unit: Unit) -> str:
    said = figure(limit, unit)
    if step.reference is None:
        return said
    reference = step.reference
    usual = f"{figure(reference.mean, unit)} ± {figure(reference.deviation, unit)}"
    return f"{said} (learned from {reference.count} hours: {usual})"


def _passed(limits: Limits | None, look: Look) -> float | None:
    if limits is None or not look.is_wrong:
        return None
    return limits.critical if look is Look.CRITICAL else limits.warning


def _is_of_guardrails(judge: Judge) -> bool:
    return judge.measure.series == "guardrail_stops"


def _minutes(number: int) -> str:
    for length, noun in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if number % length == 0:
            count = number // length
            return f"{count} {noun}{'s' if count != 1 else ''}"
    raise AssertionError
