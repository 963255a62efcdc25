"""Numbers as people read them."""

from dataclasses import replace

import pytest

from experiments.stats.types import Estimate, MetricUnit
from experiments.stats.wording import (
    effect_text,
    interval_text,
    p_text,
    percent_text,
    signed,
    size_text,
    value_text,
)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.9137, MetricUnit.SHARE, "91.4%"),
        (0.00012, MetricUnit.SHARE, "0.012%"),
        (0.0, MetricUnit.SHARE, "0%"),
        (1.0, MetricUnit.SHARE, "100%"),
        (12.5432, MetricUnit.MILLISECONDS, "12.5 ms"),
        (12_543.2, MetricUnit.MILLISECONDS, "12,543 ms"),
        (-3.14159, MetricUnit.NUMBER, "-3.14"),
        (0.999999, MetricUnit.NUMBER, "1"),
    ],
)
def test_a_value_is_in_its_unit_to_three_digits(value: float, unit: MetricUnit, text: str) -> None:
    assert value_text(value, unit) == text


def test_differences_are_points_and_signed() -> None:
    assert size_text(-0.0123, MetricUnit.SHARE) == "1.23 points"
    assert size_text(-4, MetricUnit.MILLISECONDS) == "4 ms"
    assert interval_text(-0.002, 0.0141, MetricUnit.SHARE) == "-0.2 to +1.41 points"
    assert interval_text(-1, 0, MetricUnit.NUMBER) == "-1 to 0"
    assert (signed(2.5), signed(-2.5), signed(0)) == ("+2.5", "-2.5", "0")
    assert percent_text(0.0251) == "2.51%"


def test_a_tiny_p_is_not_zero() -> None:
    assert p_text(0.0) == "p < 0.0001"
    assert p_text(0.00257) == "p = 0.0026"
    assert p_text(0.4) == "p = 0.4"


def test_without_a_relative_effect_the_absolute_one_is_told_alone() -> None:
    estimate = Estimate("t", 9, 9, control_value=0, variant_value=2, effect=2, low=1, high=3)
    text = "from 0 to 2: +2 (interval +1 to +3)"
    assert effect_text(estimate, MetricUnit.NUMBER) == text
    estimate = replace(estimate, relative_effect=0.5, relative_low=0.25, relative_high=0.75)
    assert effect_text(estimate, MetricUnit.NUMBER) == f"{text}, +50% (+25% to +75%)"
