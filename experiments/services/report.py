"""An analysis as JSON: frozen in its row, read by the admin and the API. Numbers are finite or
null."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from experiments.models import Guardrail, Metric, Variant
from experiments.services.looks import Look
from experiments.services.sums import BOUNDS, ArmSums
from experiments.stats.types import Estimate, GuardrailState, HealthCheck, MetricUnit, Verdict

VERSION = 1


@dataclass(frozen=True, slots=True)
class MetricResult:
    """A metric with an estimate for each treatment, by its key."""

    metric: Metric
    unit: MetricUnit
    estimates: dict[str, Estimate]

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.metric.key,
            "name": self.metric.name,
            "better": self.metric.better,
            "is_share": self.metric.is_share,
            "unit": self.unit,
            "estimates": [
                {
                    "variant": key,
                    **asdict(estimate),
                    "sentence": estimate.reason.sentence if estimate.reason else None,
                    "relative_sentence": (
                        estimate.relative_reason.sentence if estimate.relative_reason else None
                    ),
                }
                for key, estimate in self.estimates.items()
            ],
        }


@dataclass(frozen=True, slots=True)
class GuardrailResult:
    """How a guardrail stands for one treatment, and what it was judged by."""

    guardrail: Guardrail
    variant: Variant
    state: GuardrailState
    estimate: Estimate

    def as_json(self) -> dict[str, Any]:
        return {
            "metric": self.guardrail.metric.key,
            "name": self.guardrail.metric.name,
            "action": self.guardrail.action,
            "margin": self.guardrail.margin,
            "is_relative": self.guardrail.is_relative,
            "variant": self.variant.key,
            **asdict(self.state),
            "low": self.estimate.low,
            "high": self.estimate.high,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All that an analysis found."""

    at: datetime
    days: float
    method: str
    alpha: float
    look: Look
    verdict: Verdict
    arms: Sequence[tuple[Variant, ArmSums]]
    unassigned: int
    health: Sequence[HealthCheck]
    primary: MetricResult
    secondary: Sequence[MetricResult]
    guardrails: Sequence[GuardrailResult]
    units_needed: int | None
    units_left: int | None

    def as_json(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "at": self.at.isoformat(),
            "days": self.days,
            "method": self.method,
            "alpha": self.alpha,
            "look": self.look.as_json(),
            "verdict": {**asdict(self.verdict), "sentences": list(self.verdict.sentences)},
            "arms": [_arm_json(variant, arm) for variant, arm in self.arms],
            "unassigned": {"exposures": self.unassigned},
            "health": [asdict(check) for check in self.health],
            "primary": self.primary.as_json(),
            "secondary": [result.as_json() for result in self.secondary],
            "guardrails": [result.as_json() for result in self.guardrails],
            "units_needed": self.units_needed,
            "units_left": self.units_left,
            "distribution": {
                "bounds": list(BOUNDS),
                "arms": {variant.key: list(arm.distribution) for variant, arm in self.arms},
            },
        }


def _arm_json(variant: Variant, arm: ArmSums) -> dict[str, Any]:
    return {
        "key": variant.key,
        "version": variant.version.name,
        "is_control": variant.is_control,
        "weight": variant.weight,
        "units": arm.units,
        "exposures": arm.exposures,
        "failed": arm.failed,
    }
