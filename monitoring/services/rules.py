"""What a rule needs to be judged, and why it cannot be."""

import math
from datetime import datetime, timedelta

from monitoring.detectors.threshold import Pace
from monitoring.measures import MEASURES, SERIES, By
from monitoring.models import AlertRule, MetricSnapshot
from monitoring.services.clock import HOUR, MINUTE
from monitoring.services.stretches import Need

Resolution = MetricSnapshot.Resolution
# Longer windows are summed from hours, save for the hour that is not over.
LONGEST_OF_MINUTES = 3 * 60
POINTS = 60
# Too few observations end an alert when they were right for so long, or for as long as the window
# where that is longer: of all that they say, nothing was seen while it was wrong.
LEAST_FEW_MINUTES = 60


def problem_of(rule: AlertRule) -> str:
    """Why it cannot be judged; empty where it can."""
    measure = MEASURES.get(rule.measure)
    if measure is None:
        return f"There is no measure “{rule.measure}”."
    series = SERIES[measure.series]
    if rule.by and rule.by not in (*series.by_minute, *series.by_hour):
        return f"“{measure.name}” is not split by {rule.by}."
    given = [each for each in (rule.warning, rule.critical) if each is not None]
    if not given or not all(map(math.isfinite, given)):
        return "It has no threshold."
    return ""


def pace_of(rule: AlertRule) -> Pace:
    keep = rule.keep_firing_minutes
    few = max(keep, rule.window_minutes, LEAST_FEW_MINUTES)
    return Pace(rule.for_minutes, keep, few, has_warning=rule.warning is not None)


def is_of(rule: AlertRule, label: str) -> bool:
    """Whether the rule, as it is now, judges such a label."""
    return label == rule.label if rule.label or not rule.by else bool(label)


def needs_of(rule: AlertRule, first: datetime) -> list[Need]:
    """What must be read to judge it from `first` on, and to show what was before."""
    measure, window = MEASURES[rule.measure], timedelta(minutes=rule.window_minutes)
    start = first - min(max(window, POINTS * MINUTE), LONGEST_OF_MINUTES * MINUTE)
    needs = []
    if not is_of_hours_alone(rule):
        needs.append(Need(measure.series, rule.by, rule.label, Resolution.MINUTE, start))
    if reads_hours(rule):
        start = first - max(window, POINTS * HOUR) - HOUR
        needs.append(Need(measure.series, rule.by, rule.label, Resolution.HOUR, start))
    if rule.thresholds == AlertRule.Thresholds.LEARNED:
        start = first - timedelta(days=rule.reference_days + 1)
        needs.append(Need(measure.series, rule.by, rule.label, Resolution.HOUR, start))
    return needs


def reads_hours(rule: AlertRule) -> bool:
    return rule.window_minutes > LONGEST_OF_MINUTES or is_of_hours_alone(rule)


def is_of_hours_alone(rule: AlertRule) -> bool:
    """What is split by category is not kept by the minute."""
    series = SERIES[MEASURES[rule.measure].series]
    return rule.by != By.ALL and rule.by not in series.by_minute
