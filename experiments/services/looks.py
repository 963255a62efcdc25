"""When an experiment's results may be looked at: what was chosen before the start."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from experiments.models import Analysis, Experiment
from experiments.models.experiment import SplitChoices
from experiments.stats.types import Method


@dataclass(frozen=True, slots=True)
class Look:
    """`is_due`: whether results may be told now. `number` of `planned` looks is the one that is
    due, or the last that was, 0 before the first; `information` is the share of the plan that was
    there at each look so far, this one last. A sequential experiment needs no looks."""

    is_due: bool
    number: int = 0
    planned: int = 0
    information: tuple[float, ...] = ()

    def as_json(self) -> dict[str, Any] | None:
        if not self.planned:
            return None
        return {
            "number": self.number,
            "planned": self.planned,
            "is_due": self.is_due,
            "information": self.information[-1] if self.information else None,
        }


def share_of_plan(experiment: Experiment, units: int, days: float) -> float:
    """Of the units that were planned for all arms, those that `units` are; of the days, where no
    number was planned or the split is one of time."""
    if experiment.planned_units and experiment.split != SplitChoices.TIME:
        return units / (experiment.planned_units * experiment.variants.count())
    return days / experiment.max_days


def has_ended(experiment: Experiment, units: int, days: float) -> bool:
    """Whether it is stopped or over: after the most days or, where looks are planned, with the
    planned units after the fewest days."""
    if experiment.status == Experiment.Status.STOPPED or days >= experiment.max_days:
        return True
    is_planned = experiment.method != Method.SEQUENTIAL and days >= experiment.min_days
    return is_planned and share_of_plan(experiment, units, days) >= 1


def next_look(experiment: Experiment, units: int, days: float) -> Look:
    """What may be told of so many units of all arms after so many days."""
    method = Method(experiment.method)
    is_last = has_ended(experiment, units, days)
    share = share_of_plan(experiment, units, days)
    if method is Method.SEQUENTIAL:
        return Look(is_due=True)
    if method is Method.FIXED:
        return Look(is_last, int(is_last), 1, (share,) if is_last else ())
    planned = experiment.looks
    taken = list(_taken(experiment))
    before = tuple(each for each in taken if each < share)[: planned - 1]
    # A look is taken once: later it says what became of the same units, by the same boundary.
    is_due = share > 0 and (is_last or share >= (len(before) + 1) / planned)
    if not is_due:
        return Look(False, len(taken), planned, tuple(taken))
    information = (*before, share)
    # Whatever is left of the level is spent at the end, be it early.
    return Look(True, len(information), len(information) if is_last else planned, information)


def _taken(experiment: Experiment) -> Iterator[float]:
    """The information of the looks so far, rising; of one that was taken again, the last."""
    by_number: dict[int, float] = {}
    rows = Analysis.objects.filter(experiment=experiment).order_by("id")
    for look in rows.values_list("report__look", flat=True):
        if look and look["is_due"]:
            by_number[look["number"]] = look["information"]
    highest = 0.0
    for _, information in sorted(by_number.items()):
        if information > highest:
            highest = information
            yield information
