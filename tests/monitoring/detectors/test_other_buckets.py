"""Histograms of releases with other buckets do not add, and say so instead of a wrong quantile."""

from datetime import UTC, datetime, timedelta

from monitoring.detectors.quantiles import Sums, quantile, summed
from monitoring.detectors.stretch import Rows

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OURS, THEIRS = (1, 2, 3), (4, 5)
BOUNDS = (0.1, 1.0)


def counted(*histograms: tuple[int, ...] | None) -> Sums:
    return summed(Sums(1, 1.0, 60.0, histogram) for histogram in histograms)


def test_the_same_buckets_add() -> None:
    assert counted(OURS, None, OURS).histogram == (2, 4, 6)


def test_other_buckets_cannot_be_said_whatever_comes_after() -> None:
    assert counted(OURS, THEIRS) == Sums(2, 2.0, 120.0, ())
    assert counted(OURS, THEIRS, OURS).histogram == ()


def test_of_other_buckets_no_quantile_is_read() -> None:
    assert quantile(OURS, BOUNDS, 0.5) is not None
    assert quantile(THEIRS, BOUNDS, 0.5) is None
    assert quantile((), BOUNDS, 0.5) is None


def test_a_window_that_holds_both_says_none() -> None:
    rows = Rows()
    for number, histogram in enumerate((THEIRS, (), OURS, None, OURS)):
        at = NOON + number * MINUTE
        rows.add(at, 1, 1.0, 60.0, list(histogram) if histogram is not None else None)
    stretch = rows.stretch()

    def histogram_of(start: int, end: int) -> tuple[int, ...] | None:
        sums = stretch.sums(NOON + start * MINUTE, NOON + end * MINUTE)
        return sums.histogram if sums else None

    assert histogram_of(2, 5) == (2, 4, 6)
    assert histogram_of(0, 5) == histogram_of(1, 5) == ()
    assert [sums.histogram for _, sums in stretch.all()] == [(), (), OURS, (0, 0, 0), OURS]
