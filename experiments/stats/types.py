"""What goes into the statistics and what comes out.

No number that leaves is NaN or infinite: where nothing can be said there is None with a reason.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import pairwise
from math import isfinite
from typing import Self


class Split(StrEnum):
    """What is randomized: a user, each request alone, or a block of time (switchback)."""

    USER = "user"
    RANDOM = "random"
    TIME = "time"


class Method(StrEnum):
    """When the analysis may be looked at. Chosen before the start.

    SEQUENTIAL: at any time, as often as wanted. FIXED: once, at the end. GROUP_SEQUENTIAL: a
    planned number of times.
    """

    SEQUENTIAL = "sequential"
    FIXED = "fixed"
    GROUP_SEQUENTIAL = "group_sequential"


class Direction(StrEnum):
    """Which way is better."""

    INCREASE = "increase"
    DECREASE = "decrease"


class MetricUnit(StrEnum):
    """How a metric's numbers are written: as a percentage, as a time, or as they are."""

    SHARE = "share"
    MILLISECONDS = "milliseconds"
    NUMBER = "number"


class Sides(StrEnum):
    """Which end of an interval holds at the level.

    BOTH: the two together. EITHER: each alone (two one-sided bounds), for who looks at one end
    only, as a guardrail does.
    """

    BOTH = "both"
    EITHER = "either"


class CannotSay(StrEnum):
    """Why there is no number."""

    NO_DATA = "no_data"
    TOO_FEW_UNITS = "too_few_units"
    TOO_FEW_EVENTS = "too_few_events"
    TOO_FEW_VALUES = "too_few_values"
    TOO_FEW_BLOCKS = "too_few_blocks"
    TOO_FEW_EXPECTED = "too_few_expected"
    NO_DENOMINATOR = "no_denominator"
    NO_VARIANCE = "no_variance"
    CONTROL_IS_ZERO = "control_is_zero"
    OUT_OF_RANGE = "out_of_range"
    NOT_YET = "not_yet"
    NO_QUANTILES_OF_BLOCKS = "no_quantiles_of_blocks"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    CannotSay.NO_DATA: "Nothing was measured yet.",
    CannotSay.TOO_FEW_UNITS: "Too few units were measured in one of the arms.",
    CannotSay.TOO_FEW_EVENTS: "It happened too rarely, or failed to happen too rarely.",
    CannotSay.TOO_FEW_VALUES: "Too few values lie beyond the quantile.",
    CannotSay.TOO_FEW_BLOCKS: "Too few groups of time blocks are complete.",
    CannotSay.TOO_FEW_EXPECTED: "Fewer than 5 units are expected in one of the arms.",
    CannotSay.NO_DENOMINATOR: "There is nothing to divide by: the denominator is zero.",
    CannotSay.NO_VARIANCE: "All units have the same value, so that chance cannot be judged.",
    CannotSay.CONTROL_IS_ZERO: "The control's value is zero, so that there is no percentage of it.",
    CannotSay.OUT_OF_RANGE: "The numbers are too large or too small to calculate with.",
    CannotSay.NOT_YET: "It is looked at when that was planned, and not before.",
    CannotSay.NO_QUANTILES_OF_BLOCKS: "Quantiles are not compared between blocks of time.",
}


class _Sums:
    """Sums that add field by field and are finite."""

    __slots__ = ()

    def _check_finite(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not isfinite(value):
                raise ValueError(f"{field.name} is {value}; a sum is a finite number.")


@dataclass(frozen=True, slots=True)
class PreSums(_Sums):
    """Sums over an arm's units of what they did before the experiment.

    x_i and z_i are a unit's own numerator and denominator then (zero without history), y_i and
    d_i those of the experiment. A field names what is summed: `xz` is the sum of x_i z_i.
    Raises ValueError for a number that is not finite.
    """

    x: float
    z: float
    xx: float
    zz: float
    xz: float
    yx: float
    yz: float
    dx: float
    dz: float

    def __post_init__(self) -> None:
        self._check_finite()

    def __add__(self, other: Self) -> Self:
        return type(self)(
            *(getattr(self, field.name) + getattr(other, field.name) for field in fields(self))
        )


@dataclass(frozen=True, slots=True)
class UnitSums(_Sums):
    """One metric of one arm, summed over its units.

    y_i and d_i are a unit's own numerator and denominator: for a mean over exposures the sum of
    its values and how many there are. `numerator_sq` is the sum of y_i², `denominator_sq` of d_i²,
    `cross` of y_i d_i. `pre` is there where history is to be adjusted for (CUPED).
    Raises ValueError for a negative count or a number that is not finite.
    """

    units: int
    numerator: float
    denominator: float
    numerator_sq: float
    denominator_sq: float
    cross: float
    pre: PreSums | None = None

    def __post_init__(self) -> None:
        if self.units < 0:
            raise ValueError(f"units is {self.units}; it cannot be negative.")
        self._check_finite()

    def __add__(self, other: Self) -> Self:
        """Of both together. Raises ValueError where one has history and the other has not."""
        if (self.pre is None) != (other.pre is None) and self.units and other.units:
            raise ValueError("Sums with history and sums without cannot be added.")
        pre = self.pre or other.pre
        if self.pre is not None and other.pre is not None:
            pre = self.pre + other.pre
        return type(self)(
            self.units + other.units,
            self.numerator + other.numerator,
            self.denominator + other.denominator,
            self.numerator_sq + other.numerator_sq,
            self.denominator_sq + other.denominator_sq,
            self.cross + other.cross,
            pre,
        )

    @classmethod
    def nothing(cls) -> Self:
        """Of no unit: what an addition begins with."""
        return cls(0, 0.0, 0.0, 0.0, 0.0, 0.0)

    @property
    def mean(self) -> float | None:
        """The metric's value: numerator over denominator; None where that is zero."""
        if not self.denominator:
            return None
        value = self.numerator / self.denominator
        return value if isfinite(value) else None

    @property
    def is_one_value_a_unit(self) -> bool:
        """Whether every unit's denominator is 1, so that the metric is a plain mean over units."""
        return self.denominator == self.denominator_sq == self.units


@dataclass(frozen=True, slots=True)
class QuantileStat:
    """A quantile of all values of an arm whose units are clusters.

    `value` is the quantile; `low` and `high` are the values at the ranks that
    `quantile.quantile_ranks` gave: a 95% interval. `values` and `units` count the two.
    Raises ValueError unless low <= value <= high, all finite.
    """

    value: float
    low: float
    high: float
    values: int
    units: int

    def __post_init__(self) -> None:
        if not all(map(isfinite, (self.value, self.low, self.high))):
            raise ValueError("A quantile and its interval are finite numbers.")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value} is not between {self.low} and {self.high}.")


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of time that one variant serves alone.

    `number` counts from 1970-01-01 00:00 UTC, `day` counts UTC days from then, `slot` counts the
    blocks of a day from 0.
    """

    number: int
    day: int
    slot: int


@dataclass(frozen=True, slots=True)
class BlockSums:
    """What was measured in one block, all of it served by the variant of this index."""

    day: int
    slot: int
    variant: int
    numerator: float
    denominator: float

    def __post_init__(self) -> None:
        if not (isfinite(self.numerator) and isfinite(self.denominator)):
            raise ValueError("The sums of a block are finite numbers.")


@dataclass(frozen=True, slots=True)
class AnalysisSpec:
    """How a metric is judged: chosen before the start, the same at every look.

    `alpha` is the level of the test (its interval holds with 1 - alpha); with several
    `comparisons` (variants against one control) the interval holds for all of them together
    (Bonferroni), while p-values stay raw for Holm. `planned_units` is N*, the units of both
    arms together at which a sequential interval is narrowest. `looks` is how many looks are
    planned and `information`, for group-sequential tests, the share of the planned units that
    had been measured at each look so far, this one last. `is_proportion`: a unit's value is 0 or 1.
    Raises ValueError for what is out of its range.
    """

    method: Method = Method.SEQUENTIAL
    alpha: float = 0.05
    direction: Direction = Direction.INCREASE
    sides: Sides = Sides.BOTH
    is_proportion: bool = False
    planned_units: int = 5000
    looks: int = 1
    information: tuple[float, ...] = ()
    comparisons: int = 1
    minimum_units: int = 30

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise ValueError(f"alpha is {self.alpha}; it lies between 0 and 0.5.")
        for name in ("planned_units", "looks", "comparisons"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it is at least 1.")
        if self.minimum_units < 2:
            raise ValueError(f"minimum_units is {self.minimum_units}; it is at least 2.")
        if self.method is Method.GROUP_SEQUENTIAL:
            if not 1 <= len(self.information) <= self.looks:
                raise ValueError(
                    f"information has {len(self.information)} looks of {self.looks} planned."
                )
            before = (0.0, *self.information)
            if any(late <= early for early, late in pairwise(before)):
                raise ValueError("information grows from look to look.")

    @property
    def interval_alpha(self) -> float:
        return self.alpha / self.comparisons


@dataclass(frozen=True, slots=True)
class Estimate:
    """A variant held against the control.

    `effect` is variant minus control in the metric's own unit, `low` to `high` its interval;
    the relative ones are shares of the control's value (0.05: 5% more). All of one kind are there
    or none: `reason` says why there is no effect, `relative_reason` why there is no relative one.
    `p_value` is two-sided and raw, `adjusted_p_value` after Holm. `chance_to_win` is the
    probability that the variant is the better one, given flat prior knowledge; it is not
    corrected for looks and decides nothing. `method` names the test in words. Units are users,
    requests or squares of blocks, whatever was randomized; `information` is how many of them were
    counted, both arms together (of blocks: squares). `level` is what the interval holds with.
    """

    method: str
    control_units: int
    variant_units: int
    control_value: float | None = None
    variant_value: float | None = None
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    relative_effect: float | None = None
    relative_low: float | None = None
    relative_high: float | None = None
    p_value: float | None = None
    adjusted_p_value: float | None = None
    chance_to_win: float | None = None
    level: float = 0.95
    information: int = 0
    reason: CannotSay | None = None
    relative_reason: CannotSay | None = None


class GuardrailKind(StrEnum):
    OK = "ok"
    BREACHED = "breached"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True)
class GuardrailState:
    """How a guardrail stands, and in a sentence what was seen."""

    kind: GuardrailKind
    sentence: str
    reason: CannotSay | None = None


class HealthKind(StrEnum):
    SAMPLE_RATIO = "sample_ratio"
    MULTIPLE_EXPOSURE = "multiple_exposure"
    FEEDBACK_RATE = "feedback_rate"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Whether the data can be trusted. What `is_failed` blocks every verdict.

    `p_value` is there where the check is a test; `reason` where it could not be made.
    """

    kind: HealthKind
    is_failed: bool
    sentence: str
    p_value: float | None = None
    reason: CannotSay | None = None


class VerdictKind(StrEnum):
    SHIP = "ship"
    ROLL_BACK = "roll_back"
    KEEP_RUNNING = "keep_running"
    NO_DIFFERENCE = "no_difference"
    UNHEALTHY = "unhealthy"
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, and why in sentences. `winner` is the key of the variant to ship."""

    kind: VerdictKind
    sentences: tuple[str, ...]
    winner: str | None = None
    days_left: int | None = None
