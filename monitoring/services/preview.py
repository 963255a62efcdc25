"""What a rule would have done in the last days, had it been there."""

from dataclasses import dataclass
from datetime import datetime

from monitoring.models import Severity
from monitoring.services.series import Point


@dataclass(frozen=True, slots=True)
class PreviewEpisode:
    """`fired_at` is None of one that was wrong for too short a time; `resolved_at` of one that
    lasts."""

    started_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    severity: Severity
    label: str


@dataclass(frozen=True, slots=True)
class Preview:
    """`points` are what was judged, `warning` and `critical` the thresholds at each of them (None
    where there was none), of the label `label`; `missing` is the share of time of which nothing
    can be said."""

    episodes: tuple[PreviewEpisode, ...]
    label: str
    points: tuple[Point, ...]
    warning: tuple[float | None, ...]
    critical: tuple[float | None, ...]
    text: str
    missing: float
