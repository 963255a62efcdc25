"""The sufficient statistics of an experiment's metrics, summed by the database.

Units first, then arms: what is independent is a unit, and its own sums are what is squared. Sums
are in double precision: a field's values would have to spread by less than a hundred thousandth of
their size before the squares lose what the variance is read from, and no field is like that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from experiments.models import Experiment, Exposure, Metric
from experiments.models.experiment import SplitChoices
from experiments.services.sources import Rows, audited, before, exposed, said
from experiments.stats.types import PreSums, UnitSums

Source = Metric.Source
# Units are counted by how many exposures they have: up to and with each of these, and above.
BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
# The name of the quantity that no metric is: how many of a unit's answers have feedback.
FEEDBACK_RATE = "feedback"
# A unit's own numerator and denominator, from the tables that `_tables` names.
_OF_SOURCE = {
    Source.FEEDBACK: ("said.answered - said.misjudged", "said.answered"),
    Source.AUDIT: ("audited.correct", "audited.reviewed"),
    Source.CORRECTION: ("said.wrong", "exposed.n"),
}
_OF_FEEDBACK = (Source.FEEDBACK, Source.CORRECTION)


@dataclass(frozen=True, slots=True)
class ArmSums:
    """One arm. `metrics` is by the ids of metrics; `feedback_rate` is of a unit's answers that have
    feedback; `distribution` counts units by exposures: up to each of BOUNDS, and above."""

    units: int
    exposures: int
    failed: int
    distribution: tuple[int, ...]
    metrics: dict[int, UnitSums]
    feedback_rate: UnitSums


@dataclass(frozen=True, slots=True)
class BlockValue:
    """A metric in a block of time that an arm served."""

    variant_id: int
    block: int
    numerator: float
    denominator: float


def sum_units(
    experiment: Experiment,
    metrics: Sequence[Metric],
    adjusted: Metric | None = None,
    *,
    has_feedback_rate: bool = True,
) -> dict[int, ArmSums]:
    """All arms, by the ids of variants, in one statement.

    The sums of `adjusted`, one of the metrics, take in what the same units did before the start,
    where anything is known of it. Quantiles are no sums: what is summed of them is the values.
    """
    units = _UnitTable(experiment, metrics, adjusted, has_feedback_rate=has_feedback_rate)
    nothing = UnitSums.nothing()
    by_metric = {metric.pk: nothing for metric in metrics}
    empty = ArmSums(0, 0, 0, (0,) * (len(BOUNDS) + 1), by_metric, nothing)
    found = {arm: units.read(row) for arm, *row in units.by_arm()}
    arms = {variant.pk: found.get(variant.pk, empty) for variant in experiment.variants.all()}
    return arms if adjusted is None else _with_known_history(arms, adjusted.pk)


def _with_known_history(arms: dict[int, ArmSums], metric_id: int) -> dict[int, ArmSums]:
    """Sums of a history that no unit has are left out."""
    pre = [arm.metrics[metric_id].pre for arm in arms.values()]
    if any(each is not None and each.z for each in pre):
        return arms
    return {
        pk: replace(
            arm,
            metrics={**arm.metrics, metric_id: replace(arm.metrics[metric_id], pre=None)},
        )
        for pk, arm in arms.items()
    }


def sum_blocks(experiment: Experiment, metrics: Sequence[Metric]) -> dict[int, list[BlockValue]]:
    """By the ids of metrics: each arm's blocks of time. There are at most 96 a day."""
    found: dict[int, list[BlockValue]] = {metric.pk: [] for metric in metrics}
    for arm, unit, *row in _UnitTable(experiment, metrics).by_unit():
        for place, metric in enumerate(metrics):
            numerator, denominator = row[2 * place : 2 * place + 2]
            found[metric.pk].append(BlockValue(arm, int(unit), numerator, denominator))
    return found


def count_units(experiment: Experiment) -> int:
    """Units of all arms; one that several arms served counts in each."""
    return _pairs(experiment).count()


def count_in_several(experiment: Experiment) -> int:
    """Units that more than one arm served. Under a split of requests or time there are none."""
    if experiment.split != SplitChoices.USER:
        return 0
    sql, parameters = _pairs(experiment).query.sql_with_params()
    named = f"SELECT unit FROM ({sql}) AS pairs GROUP BY unit HAVING COUNT(*) > 1"  # noqa: S608
    return int(_rows(f"SELECT COUNT(*) FROM ({named}) AS repeated", parameters)[0][0])  # noqa: S608


def _pairs(experiment: Experiment) -> Rows:
    """Each unit with each arm that served it."""
    arms = [variant.pk for variant in experiment.variants.all()]
    rows = Exposure.objects.filter(variant__in=arms).exclude(unit="").order_by()
    return rows.values("variant_id", "unit").distinct()


class _UnitTable:
    """One row a unit and arm with the numerators and denominators of all that is measured, as
    common table expressions in front of a statement that reads `units`."""

    def __init__(
        self,
        experiment: Experiment,
        metrics: Sequence[Metric],
        adjusted: Metric | None = None,
        *,
        has_feedback_rate: bool = False,
    ) -> None:
        self._quantities = {str(metric.pk): _quantity(metric) for metric in metrics}
        if has_feedback_rate:
            self._quantities[FEEDBACK_RATE] = "said.said", "exposed.n"
        fields = [metric for metric in metrics if metric.source == Source.FIELD]
        tables: dict[str, Any] = {"exposed": exposed(experiment, fields)}
        if has_feedback_rate or any(metric.source in _OF_FEEDBACK for metric in metrics):
            tables["said"] = said(experiment)
        if any(metric.source == Source.AUDIT for metric in metrics):
            tables["audited"] = audited(experiment)
        history = before(experiment, adjusted) if adjusted is not None else None
        self._adjusted = str(adjusted.pk) if adjusted is not None and history is not None else ""
        if history is not None:
            tables["before"] = history
        self._parameters: list[Any] = []
        self._with = self._expressions(tables)

    def by_arm(self) -> list[tuple[Any, ...]]:
        """Each arm's id, and what `read` takes."""
        columns = ["arm", "COUNT(*)", "SUM(n)", "SUM(failed)", *map(_at_most, BOUNDS)]
        for name in self._quantities:
            columns += _sums(f"y_{name}", f"d_{name}")
        if self._adjusted:
            columns += _pre_sums(f"y_{self._adjusted}", f"d_{self._adjusted}")
        return self._read(f"SELECT {', '.join(columns)} FROM units GROUP BY arm")  # noqa: S608

    def by_unit(self) -> list[tuple[Any, ...]]:
        """Each unit's arm, name, and numerator and denominator of each quantity."""
        columns = ["arm", "unit", *(f"y_{name}, d_{name}" for name in self._quantities)]
        return self._read(f"SELECT {', '.join(columns)} FROM units")  # noqa: S608

    def read(self, row: Sequence[Any]) -> ArmSums:
        head, body = row[: 3 + len(BOUNDS)], list(row[3 + len(BOUNDS) :])
        units, exposures, failed, *up_to = map(int, head)
        pre = PreSums(*map(float, body[-9:])) if self._adjusted else None
        found = {}
        for place, name in enumerate(self._quantities):
            units_measured, y, d, yy, dd, yd = map(float, body[6 * place : 6 * place + 6])
            history = pre if name == self._adjusted else None
            found[name] = UnitSums(int(units_measured), y, d, yy, dd, yd, history)
        feedback_rate = found.pop(FEEDBACK_RATE, UnitSums.nothing())
        return ArmSums(
            units,
            exposures,
            failed,
            _differences([*up_to, units]),
            {int(name): sums for name, sums in found.items()},
            feedback_rate,
        )

    def _expressions(self, tables: dict[str, Any]) -> str:
        named = []
        for name, rows in tables.items():
            sql, parameters = rows.query.sql_with_params()
            named.append(f"{name} AS ({sql})")
            self._parameters += parameters
        columns = ["exposed.arm", "exposed.unit", "exposed.n", "exposed.failed"]
        for name, (numerator, denominator) in self._quantities.items():
            columns += [_number(numerator, f"y_{name}"), _number(denominator, f"d_{name}")]
        if self._adjusted:
            columns += [_number("before.x", "x"), _number("before.z", "z")]
        joined = ["exposed"]
        for name in ("said", "audited"):
            if name in tables:
                joined.append(f"{name} ON {name}.arm = exposed.arm AND {name}.unit = exposed.unit")
        if self._adjusted:
            joined.append("before ON before.unit = exposed.unit")
        units = f"SELECT {', '.join(columns)} FROM {' LEFT JOIN '.join(joined)}"  # noqa: S608
        return f"WITH {', '.join(named)}, units AS ({units})"

    def _read(self, select: str) -> list[tuple[Any, ...]]:
        return _rows(f"{self._with} {select}", self._parameters)


def _rows(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _quantity(metric: Metric) -> tuple[str, str]:
    if metric.source == Source.FIELD:
        return f"exposed.y_{metric.pk}", f"exposed.d_{metric.pk}"
    return _OF_SOURCE[Source(metric.source)]


def _number(expression: str, name: str) -> str:
    """Squares of whole numbers overflow; of a unit without a row there is nothing."""
    return f"CAST(COALESCE({expression}, 0) AS DOUBLE PRECISION) AS {name}"


def _at_most(bound: int) -> str:
    return f"COUNT(CASE WHEN n <= {bound} THEN 1 END)"


def _sums(y: str, d: str) -> list[str]:
    """In the order of UnitSums; units of which nothing was measured are not counted."""
    products = (y, d, f"{y} * {y}", f"{d} * {d}", f"{y} * {d}")
    return [f"COUNT(CASE WHEN {d} > 0 THEN 1 END)", *(f"SUM({each})" for each in products)]


def _pre_sums(y: str, d: str) -> list[str]:
    """In the order of PreSums, over the same units."""
    products = ("x", "z", "x * x", "z * z", "x * z", f"{y} * x", f"{y} * z", f"{d} * x", f"{d} * z")
    return [f"SUM(CASE WHEN {d} > 0 THEN {each} ELSE 0 END)" for each in products]


def _differences(rising: Sequence[int]) -> tuple[int, ...]:
    return tuple(late - early for early, late in zip([0, *rising], rising, strict=False))
