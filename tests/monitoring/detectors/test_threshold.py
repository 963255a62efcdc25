"""The state machine of an episode, whatever is seen."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.detectors import threshold
from monitoring.detectors.threshold import (
    CODES,
    Episode,
    Look,
    Pace,
    Status,
    codes_of,
    next_state,
    run,
    telling,
)

START = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LOOKS = st.lists(st.sampled_from(Look), max_size=60)
FEW_MINUTES = 8
PACES = st.builds(
    Pace, st.integers(0, 6), st.integers(0, 6), st.integers(6, FEW_MINUTES), st.just(True)
)
W, C, R, M, F = Look.WARNING, Look.CRITICAL, Look.RIGHT, Look.MISSING, Look.FEW
FR, FW = Look.FEW_RIGHT, Look.FEW_WRONG


def steps(looks: list[Look], start: datetime = START) -> list[tuple[datetime, Look]]:
    return [(start + number * MINUTE, look) for number, look in enumerate(looks)]


def pace_of(for_minutes: int, keep: int, *, has_warning: bool = True) -> Pace:
    return Pace(for_minutes, keep, FEW_MINUTES, has_warning)


def last(looks: list[Look], pace: Pace) -> Episode:
    return run(None, steps(looks), pace)[-1]


@pytest.mark.parametrize(
    ("is_above", "value", "look"),
    [(True, 2, R), (True, 2.1, W), (True, 3.1, C), (False, 2, R), (False, 1.9, W), (False, 0.9, C)],
)
def test_what_equals_a_threshold_is_right(is_above: bool, value: float, look: Look) -> None:
    found = codes([value], warning=2, critical=3 if is_above else 1, is_above=is_above)
    assert found == [look]


def test_a_threshold_that_is_not_there_is_never_passed() -> None:
    assert codes([9, 9.5], warning=math.nan, critical=9, is_above=True) == [R, C]
    assert codes([9, 9.5], warning=9, critical=math.nan, is_above=True) == [R, W]


def codes(values: list[float], *, warning: float, critical: float, is_above: bool) -> list[Look]:
    size = len(values)
    warnings, criticals = np.full(size, warning), np.full(size, critical)
    found = codes_of(np.array(values), warnings, criticals, is_above=is_above)
    return [threshold.LOOKS[code] for code in found]


def test_it_fires_when_it_was_wrong_for_so_long() -> None:
    pace = pace_of(3, 2)
    assert last([R, W, W, W], pace).status is Status.PENDING
    fired = last([R, W, W, W, W], pace)
    assert fired.status is Status.FIRING
    assert fired.started_at == START + MINUTE
    assert fired.fired_at == START + 4 * MINUTE


def test_it_is_over_when_it_was_right_for_so_long() -> None:
    pace = pace_of(0, 2)
    assert last([W, R, R], pace).status is Status.FIRING
    assert last([W, R, R, W, R, R], pace).status is Status.FIRING
    over = last([W, R, R, R], pace)
    assert over.resolved_at == START + 3 * MINUTE
    assert over.wrong_at == START


def test_a_rule_without_a_warning_is_critical_from_the_start() -> None:
    assert last([C], pace_of(0, 0, has_warning=False)).is_critical


def test_it_gets_critical_only_when_it_was_so_for_long_enough() -> None:
    pace = pace_of(2, 0)
    assert not last([W, W, W, C, W, C, C], pace).is_critical
    worse = last([W, W, W, C, C, C], pace)
    assert worse.is_critical
    assert worse.critical_at == START + 5 * MINUTE
    at_once = last([C, C, C], pace)
    assert (at_once.fired_at, at_once.critical_at) == (START + 2 * MINUTE,) * 2


def test_it_stays_critical_until_it_is_over() -> None:
    assert last([C, W, W, W, W], pace_of(0, 1)).is_critical


def test_too_few_that_are_right_end_it_after_longer() -> None:
    pace = pace_of(0, 1)
    assert last([W] + [FR] * FEW_MINUTES, pace).status is Status.FIRING
    assert last([W] + [FR] * (FEW_MINUTES + 1), pace).resolved_at == START + 9 * MINUTE
    assert last([W] + [FR] * 3 + [R], pace).status is Status.RESOLVED
    assert last([W, C] + [FR] * 3, pace_of(3, 1)).status is Status.PENDING
    assert last([W, C] + [FR] * 9, pace_of(3, 1)).status is Status.RESOLVED


def test_one_that_is_wrong_among_too_few_begins_their_count_anew() -> None:
    assert last([W] + [FR] * 8 + [FW] + [FR] * 8, pace_of(0, 1)).status is Status.FIRING
    assert last([W, R, FW, R], pace_of(0, 1)).status is Status.FIRING


@given(st.lists(st.sampled_from([FR, FW, F, M, R]), max_size=60), PACES)
def test_too_few_begin_nothing(looks: list[Look], pace: Pace) -> None:
    assert run(None, steps(looks), pace) == []


@given(LOOKS, PACES, st.sampled_from([FR, FW]))
def test_too_few_make_nothing_worse(looks: list[Look], pace: Pace, few: Look) -> None:
    before = run(None, steps(looks), pace)
    after = run(None, [*steps(looks), (START + len(looks) * MINUTE, few)], pace)
    assert [(each.fired_at, each.is_critical) for each in after] == [
        (each.fired_at, each.is_critical) for each in before
    ]


def test_a_clock_that_is_set_back_makes_no_negative_time() -> None:
    pace = pace_of(0, 0)
    episode = next_state(None, START, W, pace)
    over = next_state(episode, START - timedelta(hours=1), R, pace)
    assert over is not None
    assert over.resolved_at == START


@given(LOOKS, PACES)
def test_episodes_follow_each_other_in_time(looks: list[Look], pace: Pace) -> None:
    found = run(None, steps(looks), pace)
    for episode, after in pairwise(found):
        assert episode.resolved_at is not None
        assert episode.resolved_at < after.started_at
    for episode in found:
        moments = [episode.started_at, episode.fired_at, episode.critical_at, episode.resolved_at]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known)
        assert (episode.status is Status.RESOLVED) == (episode.resolved_at is not None)
        assert episode.started_at <= episode.wrong_at


@given(LOOKS, PACES, st.data())
def test_it_may_stop_anywhere_and_go_on_from_there(
    looks: list[Look], pace: Pace, data: st.DataObject
) -> None:
    all_steps = steps(looks)
    cut = data.draw(st.integers(0, len(looks)))
    before = run(None, all_steps[:cut], pace)
    still_open = before.pop() if before and before[-1].is_open else None
    assert [*before, *run(still_open, all_steps[cut:], pace)] == run(None, all_steps, pace)


@given(LOOKS, PACES, st.sampled_from([M, F]), st.data())
def test_what_is_missing_moves_nothing_but_time(
    looks: list[Look], pace: Pace, blind: Look, data: st.DataObject
) -> None:
    def outcome(seen: list[Look]) -> list[tuple[object, ...]]:
        return [
            (each.status, each.is_critical, each.wrong_minutes, each.right_minutes)
            for each in run(None, steps(seen), pace)
        ]

    places = sorted(data.draw(st.lists(st.integers(0, len(looks)), max_size=5)), reverse=True)
    thinned = list(looks)
    for place in places:
        thinned.insert(place, blind)
    assert outcome(thinned) == outcome(looks)


RUNS = st.lists(st.tuples(st.sampled_from(Look), st.integers(1, 2 * FEW_MINUTES)), max_size=12)


@given(st.one_of(LOOKS, RUNS.map(lambda runs: [look for look, n in runs for _ in range(n)])), PACES)
def test_the_telling_steps_find_the_same_spells_as_all(looks: list[Look], pace: Pace) -> None:
    def spells(seen: list[tuple[datetime, Look]]) -> list[tuple[object, ...]]:
        return [
            (each.started_at, each.fired_at, each.critical_at, each.resolved_at, each.is_critical)
            for each in run(None, seen, pace)
        ]

    every = steps(looks)
    places = telling(np.array([CODES[look] for look in looks], np.int8), pace)
    assert spells([every[place] for place in places]) == spells(every)


def test_of_what_goes_on_and_on_few_steps_are_telling() -> None:
    looks = [R] * 1_000 + [W] * 1_000 + [M] * 1_000 + [R] * 1_000
    found = telling(np.array([CODES[look] for look in looks], np.int8), pace_of(5, 10))
    assert len(found) == 11 + 6 + 11


@given(LOOKS, PACES)
def test_it_never_fires_before_it_was_wrong_for_so_many_minutes(
    looks: list[Look], pace: Pace
) -> None:
    seen = dict(steps(looks))
    for episode in run(None, steps(looks), pace):
        if episode.fired_at is None:
            continue
        until_fired = [
            look for at, look in seen.items() if episode.started_at <= at <= episode.fired_at
        ]
        assert sum(look.is_wrong for look in until_fired) == pace.for_minutes + 1
        assert R not in until_fired
