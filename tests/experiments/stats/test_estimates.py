"""Whatever is measured: an effect in its interval, or the reason why there is none; never NaN."""

from dataclasses import fields, replace
from math import isfinite

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from experiments.stats.analysis import adjust, analyse_metric
from experiments.stats.types import (
    AnalysisSpec,
    CannotSay,
    Direction,
    Estimate,
    Method,
    Sides,
    UnitSums,
)
from tests.experiments.stats.sums import arms, share_sums, sums_of

PLANNED = AnalysisSpec(method=Method.GROUP_SEQUENTIAL, looks=3, information=(0.3, 0.7))
SPECS = [
    replace(spec, minimum_units=2, sides=sides)
    for spec in (AnalysisSpec(), AnalysisSpec(method=Method.FIXED), PLANNED)
    for sides in Sides
]
ALL_SPECS = st.sampled_from(SPECS)
EFFECT = ("effect", "low", "high", "p_value", "chance_to_win")
RELATIVE = ("relative_effect", "relative_low", "relative_high")


def random_arms(seed: int = 1, units: int = 200, *, shift: float = 0.3) -> tuple[UnitSums, ...]:
    chance = np.random.default_rng(seed)
    d = chance.integers(1, 20, (2, units))
    y = chance.normal(2, 1, (2, units)) * d + shift * np.array([[0], [1]]) * d
    return sums_of(y[0], d[0]), sums_of(y[1], d[1])


@settings(deadline=None)
@given(control=arms(), variant=arms(), spec=ALL_SPECS, is_proportion=st.booleans())
def test_no_number_is_nan_or_infinite_and_what_is_missing_has_a_reason(
    control: UnitSums, variant: UnitSums, spec: AnalysisSpec, is_proportion: bool
) -> None:
    found = analyse_metric(control, variant, replace(spec, is_proportion=is_proportion))
    for field in fields(Estimate):
        value = getattr(found, field.name)
        assert not isinstance(value, float) or isfinite(value), field.name
    assert [getattr(found, name) is None for name in EFFECT] == [found.reason is not None] * 5
    is_missing = found.relative_reason is not None
    assert [getattr(found, name) is None for name in RELATIVE] == [is_missing] * 3


@settings(deadline=None)
@given(control=arms(), variant=arms(), spec=ALL_SPECS)
def test_the_interval_holds_the_effect(
    control: UnitSums, variant: UnitSums, spec: AnalysisSpec
) -> None:
    found = analyse_metric(control, variant, spec)
    if found.reason is None:
        assert found.low is not None
        assert found.effect is not None
        assert found.high is not None
        assert found.low <= found.effect <= found.high
    if found.relative_reason is None:
        assert found.relative_low is not None
        assert found.relative_effect is not None
        assert found.relative_high is not None
        assert found.relative_low <= found.relative_effect <= found.relative_high


@settings(deadline=None)
@given(control=arms(with_history=False), variant=arms(with_history=False), spec=ALL_SPECS)
def test_with_arms_swapped_the_effect_turns_round(
    control: UnitSums, variant: UnitSums, spec: AnalysisSpec
) -> None:
    found = analyse_metric(control, variant, spec)
    turned = analyse_metric(variant, control, spec)
    assert (found.reason is None) == (turned.reason is None)
    if found.effect is not None and found.low is not None and found.high is not None:
        assert turned.effect == -found.effect
        assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), rel=1e-9)
        assert turned.p_value == pytest.approx(found.p_value)


@pytest.mark.parametrize("spec", SPECS)
@settings(deadline=None)
@given(factor=st.floats(1e-6, 1e6), seed=st.integers(0, 20))
def test_in_another_unit_the_effect_is_scaled_and_the_relative_one_is_not(
    spec: AnalysisSpec, factor: float, seed: int
) -> None:
    control, variant = random_arms(seed)
    found = analyse_metric(control, variant, spec)
    scaled = analyse_metric(_times(control, factor), _times(variant, factor), spec)
    for name in ("effect", "low", "high"):
        assert getattr(scaled, name) == pytest.approx(factor * getattr(found, name), rel=1e-6)
    for name in (*RELATIVE, "p_value", "chance_to_win"):
        assert getattr(scaled, name) == pytest.approx(getattr(found, name), rel=1e-6)


def _times(sums: UnitSums, factor: float) -> UnitSums:
    return replace(
        sums,
        numerator=sums.numerator * factor,
        numerator_sq=sums.numerator_sq * factor * factor,
        cross=sums.cross * factor,
    )


@settings(deadline=None)
@given(spec=ALL_SPECS, seed=st.integers(0, 50), shift=st.floats(-0.5, 0.5))
def test_p_is_below_alpha_exactly_where_the_interval_leaves_zero_out(
    spec: AnalysisSpec, seed: int, shift: float
) -> None:
    assume(spec.sides is Sides.BOTH)
    control, variant = random_arms(seed, shift=shift)
    found = analyse_metric(control, variant, spec)
    assert found.p_value is not None
    assert found.low is not None
    assert found.high is not None
    assume(abs(found.p_value - spec.alpha) > 1e-4)
    assert (found.p_value < spec.alpha) == (found.low > 0 or found.high < 0)


def test_the_chance_to_win_turns_with_the_direction() -> None:
    control, variant = random_arms()
    up = analyse_metric(control, variant, AnalysisSpec()).chance_to_win
    down = analyse_metric(control, variant, AnalysisSpec(direction=Direction.DECREASE))
    assert up is not None
    assert up > 0.9
    assert down.chance_to_win == pytest.approx(1 - up)


def test_more_comparisons_widen_the_interval_and_leave_p() -> None:
    control, variant = random_arms()
    fixed = AnalysisSpec(method=Method.FIXED)
    one = analyse_metric(control, variant, fixed)
    three = analyse_metric(control, variant, replace(fixed, comparisons=3))
    assert three.p_value == one.p_value
    assert one.low is not None
    assert three.low is not None
    assert three.low < one.low
    assert three.level == pytest.approx(1 - 0.05 / 3)


@pytest.mark.parametrize(
    ("control", "reason"),
    [
        (UnitSums.nothing(), CannotSay.NO_DATA),
        (sums_of([1.0, 2.0] * 10), CannotSay.TOO_FEW_UNITS),
        (sums_of([0.0] * 40, [0.0] * 40), CannotSay.NO_DENOMINATOR),
        (sums_of([3.0] * 40), CannotSay.NO_VARIANCE),
        (sums_of([1e12 + 1] * 40), CannotSay.NO_VARIANCE),
        (sums_of([1e150, -1e150] * 20, [1e-150] * 40), CannotSay.OUT_OF_RANGE),
    ],
)
def test_why_nothing_can_be_said(control: UnitSums, reason: CannotSay) -> None:
    variant = sums_of([3.0] * 40)
    found = analyse_metric(control, variant, AnalysisSpec())
    assert found.reason is reason
    assert found.reason.sentence.endswith(".")
    assert (found.variant_units, found.variant_value) == (40, 3.0)


def test_of_a_control_at_zero_there_is_no_percentage() -> None:
    found = analyse_metric(sums_of([-1.0, 1.0] * 20), sums_of([1.0, 2.0] * 20), AnalysisSpec())
    assert found.effect == 1.5
    assert found.relative_effect is None
    assert found.relative_reason is CannotSay.CONTROL_IS_ZERO


def test_a_share_needs_five_successes_and_five_failures_in_each_arm() -> None:
    spec = AnalysisSpec(is_proportion=True)
    rare = analyse_metric(share_sums(2, 1000), share_sums(3, 1000), spec)
    assert rare.reason is CannotSay.TOO_FEW_EVENTS
    for successes in (9, 1991):
        almost = share_sums(successes // 2, 1000), share_sums(successes - successes // 2, 1000)
        assert analyse_metric(*almost, spec).reason is CannotSay.TOO_FEW_EVENTS
    enough = analyse_metric(share_sums(0, 1000), share_sums(10, 1000), spec)
    assert enough.reason is None
    assert enough.relative_reason is CannotSay.CONTROL_IS_ZERO


def test_holm_is_over_what_can_be_said() -> None:
    control, variant = random_arms()
    spec = AnalysisSpec(method=Method.FIXED)
    estimates = (
        analyse_metric(control, variant, spec),
        analyse_metric(control, UnitSums.nothing(), spec),
        analyse_metric(control, random_arms(5, shift=0)[1], spec),
    )
    first, nothing, last = adjust(estimates)
    assert first.p_value is not None
    assert first.adjusted_p_value == pytest.approx(2 * first.p_value)
    assert nothing.adjusted_p_value is None
    assert last.adjusted_p_value == last.p_value


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"alpha": 0}, "alpha"),
        ({"alpha": 0.5}, "alpha"),
        ({"planned_units": 0}, "planned_units"),
        ({"comparisons": 0}, "comparisons"),
        ({"minimum_units": 1}, "minimum_units"),
        ({"method": Method.GROUP_SEQUENTIAL, "looks": 2}, "information"),
        (
            {"method": Method.GROUP_SEQUENTIAL, "looks": 2, "information": (0.5, 0.5)},
            "information",
        ),
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        AnalysisSpec(**wrong)  # type: ignore[arg-type]
