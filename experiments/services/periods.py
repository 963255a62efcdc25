"""How long an experiment has run, by its timeline, whatever was done to the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from experiments.models import Experiment, ExperimentEvent
from experiments.stats.assignment import MINUTES_A_DAY, block_of
from experiments.stats.types import Block

Status = Experiment.Status
Stretch = tuple[datetime, datetime]
# Machines' clocks differ by less, and are set by less where nothing is wrong.
TOLERANCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The stretches of time in which an experiment ran; none is negative. `problem` says what is
    wrong with the clock, empty where nothing is."""

    stretches: tuple[Stretch, ...]
    problem: str = ""

    @property
    def days(self) -> float:
        return sum((end - start) / timedelta(days=1) for start, end in self.stretches)

    def whole_blocks(self, minutes: int) -> list[Block]:
        """The blocks of time that lie in one stretch from beginning to end."""
        found = []
        for start, end in self.stretches:
            first = block_of(start.timestamp(), minutes)
            begins = first.number * minutes * 60
            number = first.number + (begins < start.timestamp())
            while (number + 1) * minutes * 60 <= end.timestamp():
                day, slot = divmod(number, MINUTES_A_DAY // minutes)
                found.append(Block(number, day, slot))
                number += 1
        return found


def running_period(experiment: Experiment, now: datetime | None = None) -> Period:
    """Up to the stop, or now. Pauses do not count."""
    now = now or timezone.now()
    stretches: list[Stretch] = []
    problem, since = "", None
    for moment, is_running in _changes(experiment, now):
        if since is not None and not is_running:
            if moment < since - TOLERANCE:
                problem = (
                    f"The clock was set back while it ran, from {since:%Y-%m-%d %H:%M} to "
                    f"{moment:%Y-%m-%d %H:%M}: how long it ran is not known."
                )
            stretches.append((since, max(since, moment)))
            since = None
        elif since is None and is_running:
            since = moment
    started = experiment.started_at
    if started is not None and started > now + TOLERANCE:
        problem = f"It starts in the future, at {started:%Y-%m-%d %H:%M} UTC, says the clock."
    return Period(tuple(stretches), problem)


def _changes(experiment: Experiment, now: datetime) -> list[tuple[datetime, bool]]:
    """When it began to run and ceased to, in the order in which that happened; last, now."""
    events = ExperimentEvent.objects.filter(experiment=experiment).order_by("id")
    moments = [
        (moment, status == Status.RUNNING)
        for moment, status in events.values_list("created_at", "to_status")
    ]
    if not any(is_running for _, is_running in moments) and experiment.started_at is not None:
        moments = [(experiment.started_at, True)]
    end = now if experiment.stopped_at is None else experiment.stopped_at
    return [*moments, (end, False)]
