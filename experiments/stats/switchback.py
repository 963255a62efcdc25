"""Time splits: variants take turns by blocks of time, and blocks are what is independent.

The squares of `assignment.switchback_variant` (as many days by as many slots as there are
variants) are the units. In each, every variant serves once in each slot and once on each day, so
that what a day or an hour does is the same for all of them; and each square's order is drawn by
itself, so that under no effect the difference in a square is as likely to be turned round, and
squares are uncorrelated whatever time does to the metric. So a paired t-test over squares:
Bojinov, Simchi-Levi, Zhao, "Design and analysis of switchback experiments" (2023), for the
randomization; the ratio by the delta method as in `contrast`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from experiments.stats.analysis import estimate_of
from experiments.stats.contrast import ROUNDING, Contrast
from experiments.stats.types import AnalysisSpec, BlockSums, CannotSay, Estimate

# With fewer, Student's t leans on a variance that is hardly known.
MINIMUM_SQUARES = 6


@dataclass(frozen=True, slots=True)
class Square:
    """What two variants measured in a square of days and slots in which both served alike."""

    control_numerator: float
    control_denominator: float
    variant_numerator: float
    variant_denominator: float


def complete_squares(
    blocks: Iterable[BlockSums], variants: int, control: int, variant: int
) -> list[Square]:
    """Of the squares in which each of the two served in `variants` slots on `variants` days.

    A day's last square may be cut off: it counts where both served equally often. Blocks given
    twice (parts of one) are added. Raises ValueError for an index that is not a variant's.
    """
    if control == variant or not 0 <= min(control, variant) <= max(control, variant) < variants:
        raise ValueError(f"Variants {control} and {variant} of {variants}.")
    found: dict[tuple[int, int], dict[int, _Served]] = {}
    widths: dict[int, set[int]] = {}
    for block in blocks:
        place = block.day // variants, block.slot // variants
        widths.setdefault(place[1], set()).add(block.slot)
        if block.variant in (control, variant):
            served = found.setdefault(place, {}).setdefault(block.variant, _Served(set(), [], []))
            served.slots.add((block.day, block.slot))
            served.numerators.append(block.numerator)
            served.denominators.append(block.denominator)
    return [
        Square(*both[control].sums, *both[variant].sums)
        for place, both in sorted(found.items())
        if len(both) == 2
        and len(both[control].slots) == len(both[variant].slots) == len(widths[place[1]])
    ]


@dataclass(frozen=True, slots=True)
class _Served:
    slots: set[tuple[int, int]]
    numerators: list[float]
    denominators: list[float]

    @property
    def sums(self) -> tuple[float, float]:
        return sum(self.numerators), sum(self.denominators)


def analyse_blocks(
    blocks: Iterable[BlockSums], variants: int, control: int, variant: int, spec: AnalysisSpec
) -> Estimate:
    """One variant against the control, by their indices among `variants`, over complete squares.

    Of each block that is over there is what its own variant served, zeros where that is nothing;
    what another one served at its edges is left out before. The estimate's units are squares, and
    so are the spec's `planned_units`; at least 6 are wanted.
    """
    squares = complete_squares(blocks, variants, control, variant)
    blank = Estimate("switchback, paired t", len(squares), len(squares))
    return estimate_of(paired_contrast(squares), blank, spec)


def paired_contrast(squares: Sequence[Square]) -> Contrast | CannotSay:
    """The difference of two ratios over the same squares; t with one degree less than squares."""
    n = len(squares)
    if n < MINIMUM_SQUARES:
        return CannotSay.TOO_FEW_BLOCKS if n else CannotSay.NO_DATA
    bottoms = (
        sum(square.control_denominator for square in squares) / n,
        sum(square.variant_denominator for square in squares) / n,
    )
    if 0 in bottoms:
        return CannotSay.NO_DENOMINATOR
    control, variant = (
        sum(square.control_numerator for square in squares) / n / bottoms[0],
        sum(square.variant_numerator for square in squares) / n / bottoms[1],
    )
    ours = [
        (square.variant_numerator - variant * square.variant_denominator) / bottoms[1]
        for square in squares
    ]
    theirs = [
        (square.control_numerator - control * square.control_denominator) / bottoms[0]
        for square in squares
    ]
    error = _error(ours, theirs, 1.0)
    effect = variant - control
    if not (isfinite(effect) and isfinite(error)):
        return CannotSay.OUT_OF_RANGE
    if error <= sqrt(ROUNDING) * max(abs(control), abs(variant)):
        return CannotSay.NO_VARIANCE
    relative_effect = relative_error = None
    if control:
        relative_effect = effect / abs(control)
        relative_error = _error(ours, theirs, variant / control) / abs(control)
        if not (isfinite(relative_effect) and isfinite(relative_error) and relative_error > 0):
            relative_effect = relative_error = None
    return Contrast(n, control, variant, effect, error, n - 1, relative_effect, relative_error)


def _error(ours: Sequence[float], theirs: Sequence[float], share: float) -> float:
    """Standard error of the mean of ours - share * theirs, whose mean is zero."""
    n = len(ours)
    left = [one - share * other for one, other in zip(ours, theirs, strict=True)]
    squares = sum(each * each for each in left)
    return sqrt(squares / (n - 1) / n)
