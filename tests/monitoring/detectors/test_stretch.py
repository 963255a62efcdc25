"""Many windows summed at once are what each is by itself."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.metrics import BUCKETS
from monitoring.detectors.quantiles import Sums
from monitoring.detectors.stretch import NOTHING, Rows, Stretch
from monitoring.measures import MEASURES, Measure

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SIZE = len(BUCKETS) + 1
HISTOGRAMS = st.one_of(st.none(), st.lists(st.integers(0, 5), min_size=SIZE, max_size=SIZE))
ROWS = st.dictionaries(
    st.integers(0, 30),
    st.tuples(st.integers(0, 9), st.floats(-1e12, 1e12), st.sampled_from([0.0, 60.0]), HISTOGRAMS),
)
# Each measure reads them by its statistic.
STATISTICS = {measure.statistic: measure for measure in MEASURES.values()}


def stretch(rows: dict[int, tuple[int, float, float, list[int] | None]]) -> Stretch:
    gathered = Rows()
    for number, (count, total, seconds, histogram) in sorted(rows.items()):
        gathered.add(NOON + number * MINUTE, count, total, seconds, histogram)
    return gathered.stretch()


def sum_of_totals(*each: dict[int, tuple[int, float, float, list[int] | None]]) -> float:
    return sum(abs(total) for rows in each for _, total, _, _ in rows.values())


def sums(*parts: Sums | None) -> Sums | None:
    seen = [part for part in parts if part is not None]
    return sum(seen[1:], seen[0]) if seen else None


@pytest.mark.parametrize("measure", STATISTICS.values(), ids=STATISTICS.keys())
@given(ROWS, ROWS, st.integers(1, 12))
def test_windows_of_minutes_and_of_hours_with_them_have_the_values_of_their_sums(
    measure: Measure,
    rows: dict[int, tuple[int, float, float, list[int] | None]],
    others: dict[int, tuple[int, float, float, list[int] | None]],
    length: int,
) -> None:
    one, two = stretch(rows), stretch(others)
    middles = [NOON + number * MINUTE for number in range(-3, 36)]
    at = np.array([middle.timestamp() for middle in middles])
    windows = one.windows(at - 60.0 * length, at) + two.windows(at, at + 60.0)
    values = measure.values(windows)
    # Differences of running sums are as exact as these.
    error = 1e-12 * sum_of_totals(rows, others)
    for place, middle in enumerate(middles):
        seen = sums(one.sums(middle - length * MINUTE, middle), two.sums(middle, middle + MINUTE))
        assert windows.has_rows[place] == (seen is not None)
        value = measure.value(seen) if seen is not None else None
        if value is None:
            assert seen is None or np.isnan(values[place])
        else:
            assert values[place] == pytest.approx(value, rel=1e-6, abs=error)
            assert windows.counts[place] == (seen.count if seen else 0)


def test_of_other_buckets_nothing_is_said() -> None:
    ours, theirs = [1] * SIZE, [1, 2]
    old = stretch({0: (1, 1.0, 60.0, theirs), 1: (1, 1.0, 60.0, ours)})
    at = np.array([(NOON + n * MINUTE).timestamp() for n in (1, 2, 3)])
    says = ~np.isnan(MEASURES["p95_latency"].values(old.windows(at - 60.0, at)))
    assert says.tolist() == [False, True, False]
    hours, minutes = stretch({0: (1, 1.0, 60.0, theirs)}), stretch({1: (1, 1.0, 60.0, ours)})
    both = hours.windows(at - 120.0, at) + minutes.windows(at - 120.0, at)
    says = ~np.isnan(MEASURES["p95_latency"].values(both))
    assert says.tolist() == [False, False, True]


def test_what_was_great_once_leaves_no_trace_in_later_windows() -> None:
    found = stretch({0: (1, 1e300, 60.0, None), 1: (1, 0.1, 60.0, None), 2: (1, 0.2, 60.0, None)})
    at = np.array([(NOON + 3 * MINUTE).timestamp()])
    assert found.windows(at - 120.0, at).totals.tolist() == [0.1 + 0.2]


def test_nothing_has_no_windows() -> None:
    at = np.array([NOON.timestamp()])
    assert not NOTHING.windows(at, at + 60.0).has_rows.any()


def test_a_label_that_came_late_was_seen_as_long_as_the_whole() -> None:
    whole = stretch(dict.fromkeys(range(5), (1, 1.0, 60.0, None)))
    late = stretch({4: (1, 1.0, 60.0, None)})
    at = np.array([(NOON + n * MINUTE).timestamp() for n in (5, 4)])
    windows = late.windows(at - 300.0, at).of_whole(whole.windows(at - 300.0, at))
    assert windows.seconds.tolist() == [300.0, 0.0]
