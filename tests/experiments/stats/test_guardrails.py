"""A guardrail is breached when the whole interval is past what is borne, and not before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.stats.guardrails import judge
from experiments.stats.types import (
    CannotSay,
    Direction,
    Estimate,
    GuardrailKind,
    GuardrailState,
    MetricUnit,
)

# Latency rose from 100 to 110 ms, by 6 to 14.
SLOWER = Estimate(
    "test",
    500,
    500,
    control_value=100,
    variant_value=110,
    effect=10,
    low=6,
    high=14,
    relative_effect=0.1,
    relative_low=0.06,
    relative_high=0.14,
)


def judged(
    estimate: Estimate,
    margin: float,
    direction: Direction = Direction.DECREASE,
    *,
    is_relative: bool = False,
) -> GuardrailState:
    return judge(
        estimate,
        direction,
        margin,
        is_relative=is_relative,
        minimum_units=100,
        unit=MetricUnit.MILLISECONDS,
    )


def test_past_the_margin_it_is_breached_and_says_by_how_much() -> None:
    found = judged(SLOWER, 5)
    assert found.kind is GuardrailKind.BREACHED
    assert found.sentence == (
        "It is 10 ms worse than the control, by at least 6 ms; 5 ms worse is borne."
    )


def test_while_the_interval_reaches_the_margin_it_is_not() -> None:
    found = judged(SLOWER, 6)
    assert found.kind is GuardrailKind.OK
    assert found.sentence == "It is 10 ms worse than the control; 6 ms worse is borne."


def test_a_relative_margin_is_held_against_the_relative_interval() -> None:
    assert judged(SLOWER, 0.05, is_relative=True).kind is GuardrailKind.BREACHED
    assert "10% worse" in judged(SLOWER, 0.05, is_relative=True).sentence
    assert judged(SLOWER, 0.07, is_relative=True).kind is GuardrailKind.OK


def test_where_more_is_better_a_rise_is_no_harm_and_a_fall_is() -> None:
    assert judged(SLOWER, 0, Direction.INCREASE).kind is GuardrailKind.OK
    fallen = replace(SLOWER, effect=-10, low=-14, high=-6)
    assert judged(fallen, 5, Direction.INCREASE).kind is GuardrailKind.BREACHED
    assert "10 ms better" in judged(fallen, 5).sentence


def test_any_harm_is_past_a_percentage_of_nothing() -> None:
    failing = replace(
        SLOWER,
        control_value=0,
        relative_effect=None,
        relative_low=None,
        relative_high=None,
        relative_reason=CannotSay.CONTROL_IS_ZERO,
    )
    assert judged(failing, 50, is_relative=True).kind is GuardrailKind.BREACHED
    unsure = replace(failing, low=-1)
    assert judged(unsure, 0.5, is_relative=True).kind is GuardrailKind.OK


def test_too_few_units_or_no_effect_cannot_say() -> None:
    few = judged(replace(SLOWER, variant_units=99), 5)
    assert (few.kind, few.reason) == (GuardrailKind.CANNOT_SAY, CannotSay.TOO_FEW_UNITS)
    alike = judged(Estimate("test", 500, 500, reason=CannotSay.NO_VARIANCE), 5)
    assert (alike.kind, alike.reason) == (GuardrailKind.CANNOT_SAY, CannotSay.NO_VARIANCE)
    odd = replace(SLOWER, relative_low=None, relative_reason=CannotSay.OUT_OF_RANGE)
    assert judged(odd, 5, is_relative=True).reason is CannotSay.OUT_OF_RANGE


def test_a_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="margin"):
        judged(SLOWER, -1)


@given(
    effect=st.floats(-100, 100),
    width=st.floats(0, 50),
    margin=st.floats(0, 50),
    more=st.floats(0, 50),
)
def test_a_wider_margin_never_breaches_sooner(
    effect: float, width: float, margin: float, more: float
) -> None:
    estimate = replace(SLOWER, effect=effect, low=effect - width, high=effect + width)
    if judged(estimate, margin + more).kind is GuardrailKind.BREACHED:
        assert judged(estimate, margin).kind is GuardrailKind.BREACHED
