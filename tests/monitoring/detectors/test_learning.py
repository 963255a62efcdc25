"""Thresholds are learned from the same hour of other weeks."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.detectors.learning import Past, Reference
from monitoring.detectors.threshold import LOOKS, Look, codes_of

# A Thursday.
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)


def learn(
    hours: list[tuple[datetime, float]], at: datetime, days: int, least: float
) -> Reference | None:
    return Past.before(at.date(), hours, days).reference(at, least)


def test_the_same_hour_of_the_week_teaches() -> None:
    weeks = [(NOON - number * WEEK, value) for number, value in ((1, 90), (2, 100), (3, 110))]
    others = [(NOON - number * WEEK + 3 * HOUR, 5.0) for number in (1, 2, 3)]
    learned = learn([*weeks, *others], NOON + HOUR / 2, 28, 0)
    assert learned is not None
    assert (learned.mean, learned.count, learned.reason) == (100, 3, "")
    assert learned.deviation == pytest.approx(10)


def test_too_few_of_the_hour_are_all_hours_and_say_so() -> None:
    hours = [(NOON - 2 * DAY + number * HOUR, 10.0) for number in range(30)]
    learned = learn(hours, NOON, 28, 0)
    assert learned is not None
    assert learned.count == 30
    assert learned.reason == "0 of 3 values of this hour of the week: of all hours"


def test_too_few_of_all_teach_nothing() -> None:
    hours = [(NOON - 2 * DAY + number * HOUR, 10.0) for number in range(23)]
    assert learn(hours, NOON, 28, 0) is None


def test_the_day_itself_and_what_is_older_teach_nothing() -> None:
    """A value of another size would show in the mean."""
    hours = [(NOON - 3 * DAY + number * HOUR, 10.0) for number in range(60)]
    today = [(NOON - number * HOUR, 1e6) for number in range(12)]
    older = [(NOON - 29 * DAY, 1e6)]
    learned = learn([*hours, *today, *older], NOON, 28, 0)
    assert learned is not None
    assert learned.mean == 10


def test_a_series_that_never_changed_does_not_alarm_at_noise() -> None:
    weeks = [(NOON - number * WEEK, 100.0) for number in (1, 2, 3, 4)]
    learned = learn(weeks, NOON, 28, 0)
    assert learned is not None
    assert learned.deviation == pytest.approx(5)
    still = learn([(moment, 0.0) for moment, _ in weeks], NOON, 28, 0.01)
    assert still is not None
    assert still.deviation == 0.01


def test_four_values_that_lie_close_by_chance_have_the_usual_deviation() -> None:
    close = [(NOON - number * WEEK, 100.0) for number in (1, 2, 3, 4)]
    wide = [
        (NOON - number * WEEK + hour * HOUR, value)
        for hour in range(1, 6)
        for number, value in ((1, 70.0), (2, 130.0), (3, 100.0), (4, 100.0))
    ]
    learned = learn([*close, *wide], NOON, 28, 0)
    assert learned is not None
    assert learned.deviation == pytest.approx(24.5, abs=0.1)


def test_limits_lie_on_the_side_that_is_bad() -> None:
    reference = Reference(100, 10, 4)
    above = reference.limits(is_above=True, warning=3, critical=5)
    below = reference.limits(is_above=False, warning=3, critical=None)
    assert (above.warning, above.critical) == (130, 150)
    assert (below.warning, below.critical) == (70, None)


def test_a_quiet_window_varies_more_and_is_borne_more() -> None:
    reference = Reference(0.5, 0.01, 4)
    assert reference.share_error(100) == pytest.approx(0.05)
    limits = reference.limits(is_above=True, warning=4, critical=None, error=0.05)
    assert limits.warning == pytest.approx(0.5 + 4 * (0.01**2 + 0.05**2) ** 0.5)
    assert Reference(100, 1, 4).rate_error(25) == pytest.approx(2)


def bursts(variation: float) -> list[tuple[datetime, float]]:
    """Four weeks of hours about 100, whose deviation is such a share of it."""
    shape = variation**-2
    values = np.random.default_rng(20).gamma(shape, 100 / shape, 28 * 24)
    return [(NOON - number * HOUR, float(value)) for number, value in enumerate(values, 1)]


def silence(learned: Reference | None, error: float = 0) -> Look:
    """What is said of a window in which nothing came."""
    assert learned is not None
    limits = learned.limits(is_above=False, warning=4, critical=6, error=error)
    bounds = np.array([[limits.warning], [limits.critical]], dtype=np.float64)
    [code] = codes_of(np.zeros(1), *bounds, is_above=False)
    return LOOKS[int(code)]


@pytest.mark.parametrize("variation", [0.1, 0.2, 0.3, 0.4, 0.5])
def test_that_nothing_comes_is_critical_though_hours_vary(variation: float) -> None:
    past = bursts(variation)
    for later in range(24):
        assert silence(learn(past, NOON + later * HOUR, 28, 0.005)) is Look.CRITICAL


def test_where_hours_are_silent_at_times_silence_is_right() -> None:
    past = [(at, value if at.day % 4 else 0.0) for at, value in bursts(0.1)]
    assert silence(learn(past, NOON, 28, 0.005)) is Look.RIGHT


def test_silence_at_night_does_not_excuse_it_by_day() -> None:
    past = [(at, value if 8 <= at.hour < 20 else 0.2 * at.day) for at, value in bursts(0.4)]
    past = [(at, 0.0 if at.hour == 3 and at.day % 2 else value) for at, value in past]
    assert silence(learn(past, NOON, 28, 0.005)) is Look.CRITICAL
    assert silence(learn(past, NOON - 9 * HOUR, 28, 0.005)) is Look.RIGHT


def test_an_outage_three_weeks_ago_does_not_make_silence_right() -> None:
    began = NOON - 3 * WEEK
    past = [(at, 0.0 if began <= at < began + 3 * HOUR else value) for at, value in bursts(0.1)]
    assert silence(learn(past, NOON, 28, 0.005)) is Look.CRITICAL


def test_a_window_in_which_few_are_expected_may_be_silent() -> None:
    learned = learn(bursts(0.4), NOON, 28, 0.005)
    assert learned is not None
    expected_12, expected_3 = learned.mean / 12**0.5, learned.mean / 3**0.5
    assert silence(learned, expected_12) is Look.CRITICAL
    assert silence(learned, expected_3) is Look.RIGHT


def test_of_all_hours_the_mean_says_nothing_of_silence() -> None:
    past = [(NOON - number * HOUR, 100.0 * (number % 3)) for number in range(30, 100)]
    learned = learn(past, NOON, 28, 0.005)
    assert learned is not None
    assert learned.reason
    assert silence(learned) is Look.RIGHT


def test_normal_values_are_beyond_four_deviations_once_in_a_thousand_hours_or_less() -> None:
    dice = np.random.default_rng(20)
    hours = [NOON - number * HOUR for number in range(1, 28 * 24 + 1)]
    beyond = 0
    for _ in range(20):
        values = dice.normal(100, 20, len(hours))
        past = list(zip(hours, values.tolist(), strict=True))
        for later in range(12):
            learned = learn(past, NOON + later * HOUR, 28, 0)
            assert learned is not None
            limits = learned.limits(is_above=False, warning=4, critical=None)
            assert limits.warning is not None
            beyond += int((dice.normal(100, 20, 100) < limits.warning).sum())
    assert beyond / (20 * 12 * 100) < 0.001


@given(st.lists(st.floats(0, 1e9), min_size=24, max_size=200), st.floats(1e-6, 1e3))
def test_a_deviation_is_never_nothing(values: list[float], least: float) -> None:
    hours = [(NOON - DAY - number * HOUR, value) for number, value in enumerate(values)]
    learned = learn(hours, NOON, 28, least)
    assert learned is not None
    assert learned.deviation >= least
    assert learned.count >= 3
