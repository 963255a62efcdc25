"""What was seen when an alert began to fire, in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifier.admin.cells import NOTHING, changelist_url
from experiments.models import GuardrailAlert
from monitoring.admin.alert_cells import moment, table
from monitoring.measures import MEASURES, Unit
from monitoring.models import Alert, AlertRule
from monitoring.wording import figure


@dataclass(frozen=True, slots=True)
class Judged:
    """What an alert was judged by, when it began to fire: its rule may have become another since.
    Thresholds are in the measure's unit, None where there is none or it is not known."""

    measure: str
    name: str
    unit: Unit
    by: str
    condition: str
    warning: float | None
    critical: float | None


def judged_of(alert: Alert) -> Judged | None:
    """Of one that has not fired, as its rule is now; None where there is no such measure."""
    seen, rule = alert.evidence, alert.rule
    if seen:
        return Judged(
            seen["measure"],
            seen["name"],
            Unit(seen["unit"]),
            seen.get("by", rule.by),
            seen["condition"],
            seen["warning"],
            seen["critical"],
        )
    measure = MEASURES.get(rule.measure)
    if measure is None:
        return None
    is_learned = rule.thresholds == AlertRule.Thresholds.LEARNED
    warning, critical = (None, None) if is_learned else (rule.warning, rule.critical)
    return Judged(
        measure.key, measure.name, measure.unit, rule.by, rule.condition, warning, critical
    )


def evidence_of(alert: Alert) -> list[tuple[str, Any]]:
    """What was seen when it began to fire."""
    seen = alert.evidence
    if not seen:
        return []
    unit = Unit(seen["unit"])
    facts = [
        ("Seen at", moment(datetime.fromisoformat(seen["at"]))),
        (seen["name"], _figure(seen["value"], unit)),
        ("Warning", _figure(seen["warning"], unit)),
        ("Critical", _figure(seen["critical"], unit)),
        ("Observations", f"{seen['samples']:,}"),
        ("Window", f"{seen['window_minutes']} min"),
        ("Active version", seen["version"] or NOTHING),
    ]
    reference = seen.get("reference")
    if reference:
        facts.append(
            (
                "Usual at this hour of the week",
                f"{_figure(reference['mean'], unit)} ± {_figure(reference['deviation'], unit)}, "
                f"learned from {reference['count']} hours",
            )
        )
    return facts


def _figure(value: float | None, unit: Unit) -> str:
    return NOTHING if value is None else figure(value, unit)


def breaches_of(alert: Alert, may_see: bool) -> dict[str, Any] | None:
    """Of a rule on guard rails: what each experiment's passed."""
    breaches = alert.evidence.get("experiments")
    if not breaches:
        return None
    rows = [
        [each["experiment"], each["text"], moment(datetime.fromisoformat(each["since"]))]
        for each in breaches
    ]
    return {
        "table": table(["Experiment", "What was seen", "Since"], rows),
        "url": changelist_url(GuardrailAlert) if may_see else "",
    }
