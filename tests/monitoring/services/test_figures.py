"""Figures are the same whether the database adds snapshots up or this program does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.measures import By
from monitoring.models import MetricSnapshot
from monitoring.services.figures import read_figures, read_totals
from monitoring.services.windows import RANGES, window_of

NOW = datetime(2026, 3, 10, 14, 37, 50, tzinfo=UTC)
DAY = next(each for each in RANGES if each.key == "24h")


@pytest.mark.django_db
def test_slots_hold_what_their_minutes_hold() -> None:
    window = window_of(DAY, NOW)
    for minutes in (1, 2, 3, 90, 1000, 1439, 2000):
        for label, count in (("v1", minutes), ("v2", 1)):
            MetricSnapshot.objects.create(
                series="predictions", by="version", label=label, resolution="minute",
                at=window.end - timedelta(minutes=minutes), count=count, total=count, seconds=60,
            )  # fmt: skip
    MetricSnapshot.objects.create(
        series="request_seconds", by="version", label="v1", resolution="minute",
        at=window.end - timedelta(minutes=1), count=3, total=1, seconds=60, histogram=[1, 2],
    )  # fmt: skip
    series = ["predictions", "request_seconds"]
    added = read_figures(series, window, By.VERSION)
    assert added.slots == read_figures(series, replace(window, slot_seconds=None), By.VERSION).slots
    # The last slot has begun two minutes before the end, and the one before it five earlier.
    (before, last) = added.slots["predictions", "v1"][-2:]
    assert last is not None
    assert before is not None
    assert (last.count, last.seconds, before.count) == (3, 120, 3)
    totals = read_totals(["predictions"], window, By.VERSION)
    assert totals.sums("predictions", "v1") == added.sums("predictions", "v1")
    assert read_figures(series, window, By.VERSION, ["v2"]).labels("predictions") == ["v2"]
