"""Variants by blocks of time: squares of days and slots are what is compared."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.stats.assignment import block_of, switchback_variant
from experiments.stats.contrast import Contrast
from experiments.stats.switchback import (
    Square,
    analyse_blocks,
    complete_squares,
    paired_contrast,
)
from experiments.stats.types import AnalysisSpec, BlockSums, CannotSay, Method
from tests.experiments.stats.sums import NUMBERS

FIXED = AnalysisSpec(method=Method.FIXED)


def blocks_of(
    chance: np.random.Generator,
    days: int = 14,
    *,
    effect: float = 0.0,
    variants: int = 2,
    per_day: int = 24,
    noise: float = 0.5,
) -> Iterator[BlockSums]:
    """A mean that swings by 10 over the day and grows by 1 a day, with traffic that swings."""
    salt = str(chance.integers(10**9))
    for day in range(days):
        for slot in range(per_day):
            block = replace(block_of(0, 1440 // per_day), day=day, slot=slot)
            variant = switchback_variant(salt, block, variants, per_day)
            traffic = 50 + 40 * np.sin(2 * np.pi * slot / per_day) + chance.integers(10)
            mean = 20 + 10 * np.sin(2 * np.pi * slot / per_day + 1) + day + effect * (variant == 1)
            value = mean + chance.normal(0, noise)
            yield BlockSums(day, slot, variant, traffic * value, traffic)


@pytest.mark.parametrize(("variants", "per_day"), [(2, 24), (3, 24), (2, 6), (3, 8)])
def test_under_a_strong_daily_pattern_it_alarms_in_5_of_100(variants: int, per_day: int) -> None:
    chance = np.random.default_rng(8)
    alarms = 0
    for _ in range(400):
        blocks = blocks_of(chance, variants=variants, per_day=per_day)
        found = analyse_blocks(blocks, variants, 0, 1, FIXED)
        assert found.p_value is not None
        alarms += found.p_value < 0.05
    assert alarms / 400 < 0.08


def test_an_effect_far_smaller_than_the_daily_swing_is_found() -> None:
    found = analyse_blocks(blocks_of(np.random.default_rng(9), effect=0.5), 2, 0, 1, FIXED)
    assert found.low is not None
    assert found.high is not None
    assert 0.2 < found.low < 0.5 < found.high < 0.8
    assert (found.control_units, found.variant_units, found.information) == (84, 84, 84)
    assert found.method == "switchback, paired t, one look"


def test_the_relative_error_is_that_of_repeated_sampling() -> None:
    chance = np.random.default_rng(17)
    arms = [paired_contrast(squares(chance)) for _ in range(2000)]
    drawn = [found for found in arms if isinstance(found, Contrast)]
    for effect, error in (("effect", "error"), ("relative_effect", "relative_error")):
        spread = np.std([getattr(found, effect) for found in drawn])
        said = np.mean([getattr(found, error) for found in drawn])
        assert said == pytest.approx(spread, rel=0.05)


def squares(chance: np.random.Generator) -> list[Square]:
    """Of a variant three times the control, both moved by what happens at the time."""
    at_the_time = chance.normal(10, 2, 60)
    own = chance.normal(0, 1, (2, 60))
    return [
        Square(100 * (time + one), 100, 300 * (time + other), 100)
        for time, one, other in zip(at_the_time, own[0], own[1], strict=True)
    ]


def test_turned_round_the_effect_is_negative() -> None:
    blocks = list(blocks_of(np.random.default_rng(10), effect=0.5))
    found = analyse_blocks(blocks, 2, 0, 1, FIXED)
    turned = analyse_blocks(blocks, 2, 1, 0, FIXED)
    assert found.effect is not None
    assert turned.effect == pytest.approx(-found.effect)
    assert turned.p_value == pytest.approx(found.p_value)


def test_squares_that_are_not_complete_do_not_count() -> None:
    blocks = list(blocks_of(np.random.default_rng(11), days=3))
    assert len(complete_squares(blocks, 2, 0, 1)) == 12
    assert len(complete_squares(blocks[1:], 2, 0, 1)) == 11


def test_parts_of_a_block_are_added() -> None:
    blocks = list(blocks_of(np.random.default_rng(12), days=4))
    halves = [
        replace(block, numerator=block.numerator / 2, denominator=block.denominator / 2)
        for block in blocks
    ]
    whole = analyse_blocks(blocks, 2, 0, 1, FIXED)
    assert analyse_blocks([*halves, *halves], 2, 0, 1, FIXED).p_value == pytest.approx(
        whole.p_value
    )


def test_few_squares_say_nothing_and_none_neither() -> None:
    blocks = list(blocks_of(np.random.default_rng(13), days=2, per_day=6))
    assert analyse_blocks(blocks, 2, 0, 1, FIXED).reason is CannotSay.TOO_FEW_BLOCKS
    six = blocks_of(np.random.default_rng(13), days=4, per_day=6)
    assert analyse_blocks(six, 2, 0, 1, FIXED).reason is None
    assert analyse_blocks([], 2, 0, 1, FIXED).reason is CannotSay.NO_DATA


def test_blocks_without_traffic_or_without_variance_say_why() -> None:
    blocks = list(blocks_of(np.random.default_rng(14)))
    empty = [replace(block, numerator=0, denominator=0) for block in blocks]
    assert analyse_blocks(empty, 2, 0, 1, FIXED).reason is CannotSay.NO_DENOMINATOR
    alike = [replace(block, numerator=3 * block.denominator) for block in blocks]
    assert analyse_blocks(alike, 2, 0, 1, FIXED).reason is CannotSay.NO_VARIANCE


def test_with_few_squares_each_method_keeps_its_level() -> None:
    chance = np.random.default_rng(15)
    spec = AnalysisSpec(planned_units=8)
    alarms = 0
    for _ in range(500):
        found = analyse_blocks(blocks_of(chance, days=4, per_day=8), 2, 0, 1, spec)
        assert found.p_value is not None
        alarms += found.p_value < 0.05
    assert alarms / 500 < 0.02


def test_an_index_that_is_no_variant_is_refused() -> None:
    for control, variant in ((0, 0), (0, 2), (-1, 1)):
        with pytest.raises(ValueError, match="Variants"):
            complete_squares([], 2, control, variant)


@settings(deadline=None)
@given(
    sums=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8),
    method=st.sampled_from([Method.FIXED, Method.SEQUENTIAL]),
)
def test_no_number_is_nan_or_infinite(sums: list[tuple[float, float]], method: Method) -> None:
    blocks = [
        replace(block, numerator=top, denominator=bottom)
        for block, (top, bottom) in zip(
            blocks_of(np.random.default_rng(16), days=6, per_day=6), cycle(sums), strict=False
        )
    ]
    found = analyse_blocks(blocks, 2, 0, 1, AnalysisSpec(method=method))
    for value in (found.effect, found.low, found.high, found.relative_low, found.p_value):
        assert value is None or isfinite(value)
    assert (found.effect is None) == (found.reason is not None)
