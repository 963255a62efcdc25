"""When a measure is wrong, and what becomes of an episode: pure functions of what was seen.

A step is the end of a minute. Time is counted in steps at which something could be said: those at
which nothing could be bring an episode neither nearer to firing nor nearer to its end. Too few
observations begin nothing and worsen nothing; right for long enough, they end an episode, which
would else outlive its cause for as long as traffic is thin.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Look(StrEnum):
    """What can be said at a step. MISSING: nothing was measured; FEW: nothing was observed;
    FEW_RIGHT, FEW_WRONG: too little of it, on the right or the wrong side."""

    RIGHT = "right"
    WARNING = "warning"
    CRITICAL = "critical"
    MISSING = "missing"
    FEW = "few"
    FEW_RIGHT = "few_right"
    FEW_WRONG = "few_wrong"

    @property
    def is_wrong(self) -> bool:
        return self in (Look.WARNING, Look.CRITICAL)

    @property
    def is_blind(self) -> bool:
        """Nothing can be said for sure."""
        return self is Look.MISSING or self.is_few

    @property
    def is_few(self) -> bool:
        return self in (Look.FEW, Look.FEW_RIGHT, Look.FEW_WRONG)


@dataclass(frozen=True, slots=True)
class Limits:
    """Thresholds in the measure's unit; None where there is none."""

    is_above: bool
    warning: float | None
    critical: float | None


# A look in an array is its place in this.
LOOKS = tuple(Look)
CODES = {look: np.int8(code) for code, look in enumerate(LOOKS)}
Codes = NDArray[np.int8]


def codes_of(
    values: NDArray[np.float64],
    warnings: NDArray[np.float64],
    criticals: NDArray[np.float64],
    *,
    is_above: bool,
) -> Codes:
    """RIGHT, WARNING or CRITICAL of values (m,), against the thresholds at each; NaN where there
    is none. What equals a threshold is right."""
    codes = np.full(len(values), CODES[Look.RIGHT])
    for limits, look in ((warnings, Look.WARNING), (criticals, Look.CRITICAL)):
        codes[values > limits if is_above else values < limits] = CODES[look]
    return codes


@dataclass(frozen=True, slots=True)
class Pace:
    """How many minutes on end it must be wrong to fire and right to be over; `few_minutes` where
    too few observations are right. `has_warning` is False of a rule that knows critical alone."""

    for_minutes: int
    keep_firing_minutes: int
    few_minutes: int
    has_warning: bool


class Status(StrEnum):
    """As `monitoring.models.Alert.Status` has them."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Episode:
    """From the first step that was wrong until it was over.

    `wrong_minutes` counts while it is pending. `critical_minutes` and `right_minutes` are None
    while it is not critical, or wrong. `is_critical` never falls: the episode is as severe as
    it once was. `critical_at` is when it became so after it had fired.
    """

    status: Status
    is_critical: bool
    started_at: datetime
    wrong_at: datetime
    wrong_minutes: int = 0
    critical_minutes: int | None = None
    right_minutes: int | None = None
    fired_at: datetime | None = None
    critical_at: datetime | None = None
    resolved_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.status is not Status.RESOLVED


def next_state(episode: Episode | None, at: datetime, look: Look, pace: Pace) -> Episode | None:
    """What becomes of an episode (None: of a rule that is right) by what is seen at `at`.

    One that ends is returned once, resolved. No moment lies before an earlier one of the episode,
    though the clock be set back.
    """
    if look in (Look.MISSING, Look.FEW):
        return episode
    if look.is_few:
        return _by_few(episode, at, look, pace)
    if episode is None or not episode.is_open:
        if not look.is_wrong:
            return None
        started = Episode(Status.PENDING, not pace.has_warning, at, at)
        return _fired_if_due(_counted(started, look, is_first=True), at, pace)
    at = max(at, episode.wrong_at)
    if look.is_wrong:
        wrong = replace(episode, wrong_at=at, right_minutes=None)
        return _fired_if_due(_counted(wrong, look), at, pace)
    if episode.status is Status.PENDING:
        return replace(episode, status=Status.RESOLVED, resolved_at=at)
    calmer = replace(episode, critical_minutes=None)
    return _over_if_due(calmer, at, pace.keep_firing_minutes)


def run(
    episode: Episode | None, steps: Iterable[tuple[datetime, Look]], pace: Pace
) -> list[Episode]:
    """All episodes that there are from an open one (or none) through the steps, in the order of
    time; the last alone may be open."""
    over: list[Episode] = []
    for at, look in steps:
        episode = next_state(episode, at, look, pace)
        if episode is not None and not episode.is_open:
            over.append(episode)
            episode = None
    return over if episode is None else [*over, episode]


def telling(codes: Codes, pace: Pace) -> NDArray[np.intp]:
    """Places (n,) of the steps in which `run` finds the same episodes, save for their counts, as in
    all. Where a look goes on and on, what follows when it has fired, got critical or come to an
    end is left out."""
    enough = np.zeros(len(LOOKS), np.intp)
    enough[[CODES[Look.WARNING], CODES[Look.CRITICAL]]] = pace.for_minutes
    enough[CODES[Look.RIGHT]] = pace.keep_firing_minutes
    enough[CODES[Look.FEW_RIGHT]] = pace.few_minutes
    moving = np.flatnonzero((codes != CODES[Look.MISSING]) & (codes != CODES[Look.FEW]))
    kinds = codes[moving]
    places = np.arange(len(kinds))
    is_first = np.append(True, kinds[1:] != kinds[:-1])[: len(kinds)]
    since = places - np.maximum.accumulate(np.where(is_first, places, 0))
    return moving[since <= enough[kinds]]


def _by_few(episode: Episode | None, at: datetime, look: Look, pace: Pace) -> Episode | None:
    if episode is None or not episode.is_open:
        return None
    if look is Look.FEW_WRONG:
        return replace(episode, right_minutes=None)
    return _over_if_due(episode, max(at, episode.wrong_at), pace.few_minutes)


def _over_if_due(episode: Episode, at: datetime, minutes: int) -> Episode:
    right = 0 if episode.right_minutes is None else episode.right_minutes + 1
    calmer = replace(episode, right_minutes=right)
    if right >= minutes:
        return replace(calmer, status=Status.RESOLVED, resolved_at=at)
    return calmer


def _counted(episode: Episode, look: Look, *, is_first: bool = False) -> Episode:
    critical: int | None = None
    if look is Look.CRITICAL:
        critical = 0 if episode.critical_minutes is None else episode.critical_minutes + 1
    wrong = episode.wrong_minutes + (episode.status is Status.PENDING and not is_first)
    return replace(episode, wrong_minutes=wrong, critical_minutes=critical)


def _fired_if_due(episode: Episode, at: datetime, pace: Pace) -> Episode:
    if episode.status is Status.PENDING and episode.wrong_minutes >= pace.for_minutes:
        episode = replace(episode, status=Status.FIRING, fired_at=at)
    is_due = episode.critical_minutes is not None and episode.critical_minutes >= pace.for_minutes
    if episode.status is Status.FIRING and is_due and not episode.is_critical:
        return replace(episode, is_critical=True, critical_at=at)
    return episode
