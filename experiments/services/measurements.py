"""What was measured of an experiment, and what it says of a variant against the control."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from experiments.models import Experiment, Metric, Variant
from experiments.models.experiment import SplitChoices
from experiments.services.looks import Look
from experiments.services.periods import Period
from experiments.services.quantiles import latency_quantile
from experiments.services.sums import ArmSums, BlockValue, sum_blocks, sum_units
from experiments.stats.analysis import analyse_metric
from experiments.stats.assignment import MINUTES_A_DAY, switchback_variant
from experiments.stats.quantile import analyse_quantile
from experiments.stats.switchback import analyse_blocks
from experiments.stats.types import (
    AnalysisSpec,
    BlockSums,
    CannotSay,
    Direction,
    Estimate,
    Method,
    MetricUnit,
    QuantileStat,
    Sides,
)

ALPHA = 0.05


class Measurements:
    """The sums of an experiment's metrics, read once; the control is the first variant.

    `adjusted` is the metric whose sums take in what the users did before the start.
    """

    def __init__(
        self,
        experiment: Experiment,
        metrics: Sequence[Metric],
        period: Period,
        adjusted: Metric | None = None,
        *,
        has_feedback_rate: bool = False,
    ) -> None:
        self.experiment = experiment
        self.period = period
        self.variants = list(experiment.variants.select_related("version"))
        self._sums = [metric for metric in metrics if metric.aggregate == Metric.Aggregate.MEAN]
        is_summed = adjusted in self._sums
        self.arms: dict[int, ArmSums] = sum_units(
            experiment,
            self._sums,
            adjusted if is_summed else None,
            has_feedback_rate=has_feedback_rate,
        )
        self._quantiles: dict[int, QuantileStat | CannotSay] = {}

    @property
    def control(self) -> Variant:
        return self.variants[0]

    @property
    def treatments(self) -> list[Variant]:
        return self.variants[1:]

    @property
    def units(self) -> int:
        return sum(arm.units for arm in self.arms.values())

    @property
    def is_by_time(self) -> bool:
        return self.experiment.split == SplitChoices.TIME

    def estimate(
        self,
        metric: Metric,
        variant: Variant,
        look: Look | None,
        *,
        sides: Sides = Sides.BOTH,
    ) -> Estimate:
        """By the experiment's method at a look; without one, by a sequence that holds at any
        time."""
        spec = self.spec(metric, look, sides)
        if metric.aggregate == Metric.Aggregate.P95:
            return self._of_quantile(variant, spec)
        if self.is_by_time:
            place = self.variants.index(variant)
            blocks = self._blocks[metric.pk]
            return analyse_blocks(blocks, len(self.variants), 0, place, spec)
        control, treatment = (
            self.arms[each.pk].metrics[metric.pk] for each in (self.control, variant)
        )
        return analyse_metric(control, treatment, spec)

    def spec(self, metric: Metric, look: Look | None, sides: Sides = Sides.BOTH) -> AnalysisSpec:
        method = Method.SEQUENTIAL if look is None else Method(self.experiment.method)
        spec = AnalysisSpec(
            alpha=ALPHA,
            direction=direction_of(metric),
            sides=sides,
            is_proportion=metric.is_share,
            comparisons=1 if look is None else len(self.treatments),
        )
        planned = self._planned_information()
        if planned is not None:
            spec = replace(spec, planned_units=planned)
        if look is None or method is not Method.GROUP_SEQUENTIAL:
            return replace(spec, method=method)
        if not look.information:
            # Before the first look nothing is told, and what is missing is as for one look.
            return replace(spec, method=Method.FIXED)
        return replace(spec, method=method, looks=look.planned, information=look.information)

    def _planned_information(self) -> int | None:
        """Of two arms together, in what their estimates count: units, or squares of blocks."""
        experiment = self.experiment
        if not self.is_by_time:
            return 2 * experiment.planned_units if experiment.planned_units else None
        variants = len(self.variants)
        slots = MINUTES_A_DAY // experiment.block_minutes // variants
        return max(1, experiment.max_days // variants * slots)

    def _of_quantile(self, variant: Variant, spec: AnalysisSpec) -> Estimate:
        arms = [self.arms[each.pk].units for each in (self.control, variant)]
        if self.is_by_time:
            return _unsaid(arms, CannotSay.NO_QUANTILES_OF_BLOCKS)
        control, treatment = self._quantile(self.control), self._quantile(variant)
        if isinstance(control, CannotSay):
            return _unsaid(arms, control)
        if isinstance(treatment, CannotSay):
            return _unsaid(arms, treatment)
        return analyse_quantile(control, treatment, spec)

    def _quantile(self, variant: Variant) -> QuantileStat | CannotSay:
        if variant.pk not in self._quantiles:
            self._quantiles[variant.pk] = latency_quantile(variant.pk)
        return self._quantiles[variant.pk]

    @cached_property
    def _blocks(self) -> dict[int, list[BlockSums]]:
        """Of each metric, all blocks that ran from beginning to end; in those that nobody asked
        in, nothing."""
        minutes, salt = self.experiment.block_minutes, self.experiment.salt
        count = len(self.variants)
        whole = self.period.whole_blocks(minutes)
        served = {
            block: switchback_variant(salt, block, count, MINUTES_A_DAY // minutes)
            for block in whole
        }
        found = {}
        for metric_id, values in sum_blocks(self.experiment, self._sums).items():
            by_block = {value.block: value for value in values}
            found[metric_id] = [
                _block_sums(block.day, block.slot, variant, by_block.get(block.number))
                for block, variant in served.items()
            ]
        return found


def direction_of(metric: Metric) -> Direction:
    is_higher = metric.better == Metric.Better.HIGHER
    return Direction.INCREASE if is_higher else Direction.DECREASE


def unit_of(metric: Metric) -> MetricUnit:
    if metric.is_share:
        return MetricUnit.SHARE
    is_time = metric.field == Metric.Field.LATENCY_MS
    return MetricUnit.MILLISECONDS if is_time else MetricUnit.NUMBER


def withheld(estimate: Estimate) -> Estimate:
    """What may be told of an estimate before its look is due: that there is one."""
    return _unsaid([estimate.control_units, estimate.variant_units], CannotSay.NOT_YET)


def _unsaid(units: Sequence[int], reason: CannotSay) -> Estimate:
    return Estimate("none", units[0], units[1], reason=reason, relative_reason=reason)


def _block_sums(day: int, slot: int, variant: int, value: BlockValue | None) -> BlockSums:
    if value is None:
        return BlockSums(day, slot, variant, 0.0, 0.0)
    return BlockSums(day, slot, variant, value.numerator, value.denominator)
