"""Blocks of time take turns so that each variant has each hour and each day its share."""

import itertools
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from experiments.stats.assignment import block_of, switchback_variant
from experiments.stats.types import Block

PLANS = st.tuples(st.integers(2, 6), st.sampled_from([4, 6, 12, 24, 48]))


def served(salt: str, day: int, slot: int, variants: int, blocks_per_day: int) -> int:
    block = Block(day * blocks_per_day + slot, day, slot)
    return switchback_variant(salt, block, variants, blocks_per_day)


@given(plan=PLANS, cycle=st.integers(-100, 40_000), salt=st.text(max_size=8))
def test_in_as_many_days_as_variants_each_slot_has_each_once(
    plan: tuple[int, int], cycle: int, salt: str
) -> None:
    variants, blocks = plan
    days = range(cycle * variants, (cycle + 1) * variants)
    for slot in range(blocks):
        found = sorted(served(salt, day, slot, variants, blocks) for day in days)
        assert found == list(range(variants))


@given(plan=PLANS, day=st.integers(0, 40_000), salt=st.text(max_size=8))
def test_in_a_day_each_group_of_slots_has_each_variant_once(
    plan: tuple[int, int], day: int, salt: str
) -> None:
    variants, blocks = plan
    for start in range(0, blocks - variants + 1, variants):
        slots = range(start, start + variants)
        found = sorted(served(salt, day, slot, variants, blocks) for slot in slots)
        assert found == list(range(variants))


def test_the_order_is_drawn_by_the_salt() -> None:
    firsts = [served("salt", 2 * cycle, 0, 2, 24) for cycle in range(2000)]
    assert binomtest(sum(firsts), len(firsts)).pvalue > 1e-4
    runs = Counter(itertools.pairwise(firsts))
    assert min(runs.values()) > 400
    others = [served("another", 2 * cycle, 0, 2, 24) for cycle in range(2000)]
    same = sum(one == other for one, other in zip(firsts, others, strict=True))
    assert binomtest(same, len(firsts)).pvalue > 1e-4


def test_the_published_order() -> None:
    order = [[served("salt", day, slot, 3, 24) for slot in range(6)] for day in range(3)]
    assert order == [[1, 0, 2, 2, 1, 0], [0, 2, 1, 1, 0, 2], [2, 1, 0, 0, 2, 1]]


def test_a_block_begins_at_midnight_utc_and_knows_its_day_and_slot() -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    days = round(midnight / 86_400)
    assert block_of(midnight, 60) == Block(24 * days, days, 0)
    assert block_of(midnight + 86_399.999, 60) == Block(24 * days + 23, days, 23)
    assert block_of(midnight - 0.001, 30) == Block(48 * days - 1, days - 1, 47)


def test_a_clock_before_1970_still_finds_a_block() -> None:
    assert block_of(-1, 60) == Block(-1, -1, 23)
    assert switchback_variant("salt", block_of(-1, 60), 2, 24) in (0, 1)


@pytest.mark.parametrize("minutes", [0, -5, 7, 1441, 2880])
def test_blocks_that_do_not_fill_a_day_are_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="do not fill a day"):
        block_of(0, minutes)


def test_a_plan_that_cannot_be_is_refused() -> None:
    for variants, slot in ((1, 0), (21, 0), (2, 24), (2, -1)):
        with pytest.raises(ValueError, match=r"variants|Slot"):
            switchback_variant("salt", Block(0, 0, slot), variants, 24)
