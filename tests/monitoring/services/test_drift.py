"""Streams of known answer: what is found in the last day, by which kind, and what is not."""

import json
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone

from classifier.models import ModelVersion, Prediction
from monitoring.models import DriftKind, DriftReport
from monitoring.services.drift import latest_distances
from monitoring.services.drift_figures import Measured, length_figure
from monitoring.services.drift_measurement import measure_due, measure_last_day
from tests.monitoring.streams import (
    FAMILY,
    Stream,
    calm_week,
    days_ago,
    knows_examples,
    live_since,
    store_day,
    stream,
)

ALL = {kind.value for kind in DriftKind}


@pytest.fixture
def calm(active_version: ModelVersion) -> Stream:
    knows_examples(active_version)
    calm = stream()
    calm_week(calm)
    return calm


def measured(yesterday: Stream) -> DriftReport:
    store_day(days_ago(1), yesterday.draw(100))
    report = measure_due()
    assert report is not None
    json.dumps(report.figures, allow_nan=False)
    return report


def said(now: datetime) -> dict[str, float]:
    distances = latest_distances(now)
    assert distances is not None
    return distances


def drifted(report: DriftReport) -> set[str]:
    return {kind for kind, figure in report.figures.items() if figure.get("is_drift")}


def test_a_day_as_the_others_is_no_drift(calm: Stream) -> None:
    report = measured(calm)
    assert set(report.figures) == ALL
    assert (drifted(report), report.is_drift) == (set(), False)
    assert report.summary == "No drift in any of 5 kinds."
    assert (report.predictions, report.sampled, report.calm_sampled) == (700, 700, 4900)


def test_three_times_the_volume_is_no_drift(calm: Stream) -> None:
    assert drifted(measured(calm.but(rows=2_100))) == set()


def test_a_new_merchant_at_one_in_twenty_is_found_with_its_texts(calm: Stream) -> None:
    report = measured(calm.but(rows=1_500, new=0.05))
    assert "embeddings" in drifted(report)
    first = report.clusters.all()[0]
    assert set(first.texts) <= set(FAMILY)
    assert first.common_text.startswith("volthop escooter")
    assert first.share == pytest.approx(0.05, abs=0.02)
    assert first.reference_share == 0
    assert "volthop escooter" in report.summary


def test_a_shift_of_the_mix_is_found_by_the_mix_alone(calm: Stream) -> None:
    report = measured(calm.but(rows=1_400, boosted="groceries", boost=5))
    assert drifted(report) == {"category_mix"}
    moved = report.figures["category_mix"]["movers"][0]
    assert moved["name"].endswith("Groceries")
    assert moved["now"] > 3 * moved["reference"]


def test_less_confidence_is_found_by_the_confidence_alone(calm: Stream) -> None:
    report = measured(calm.but(confidence=0.8))
    assert drifted(report) == {"confidence"}


@pytest.mark.parametrize("length", [60.0, 10.0])
def test_texts_that_all_had_one_length_and_have_another_are_drift(length: float) -> None:
    calm = [np.full(500, 20.0)] * 7
    same, other = (
        length_figure(Measured(np.full(500, now), calm), np.zeros(0)) for now in (20.0, length)
    )
    assert (same["is_drift"], other["is_drift"]) == (False, True)
    assert other["edges"] == [20, 21]


def test_a_day_of_few_rows_says_nothing_and_why(calm: Stream) -> None:
    report = measured(calm.but(rows=50))
    assert not report.is_drift
    assert {figure["reason"] for figure in report.figures.values()} == {
        "There are 50 rows to measure; 200 are needed."
    }
    assert latest_distances(timezone.now()) is None


def test_before_the_calm_window_is_over_texts_are_held_against_what_was_before(
    active_version: ModelVersion,
) -> None:
    knows_examples(active_version)
    live_since(3)
    for day in range(10, 3, -1):
        store_day(days_ago(day), stream().draw(day))
    report = measured(stream())
    ends = timezone.localdate() + timedelta(days=4)
    for kind in ("category_mix", "confidence"):
        assert f"its first 7 full days, ends with {ends}" in report.figures[kind]["reason"]
    assert set(said(timezone.now())) == {"length", "unknown_tokens", "embeddings"}
    assert report.summary.startswith("No drift in what could be measured: length of descriptors,")


def test_on_the_first_day_of_all_nothing_is_said_but_the_build_set_is(
    active_version: ModelVersion,
) -> None:
    knows_examples(active_version)
    live_since(2)
    report = measured(stream())
    assert all("reason" in figure for figure in report.figures.values())
    assert report.figures["embeddings"]["build_set"] >= 0
    assert report.summary.startswith("Nothing can be said yet: The calm window of ")


def test_a_day_is_measured_once_and_its_texts_alone_are_told_against_the_build_set(
    calm: Stream,
) -> None:
    report = measured(calm)
    assert measure_due() is None
    assert DriftReport.objects.count() == 1
    told = {kind for kind, figure in report.figures.items() if "build_set" in figure}
    assert told == {"length", "unknown_tokens", "embeddings"}


def test_the_last_24_hours_are_measured_when_asked(calm: Stream) -> None:
    store_day(days_ago(1), calm.draw(100))
    now = days_ago(0)
    report = measure_last_day(None, now)
    assert (report.trigger, report.predictions) == ("requested", 700)
    assert measure_last_day(None, now).pk == report.pk


def test_nothing_is_measured_without_an_active_version(active_version: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=active_version.pk).update(status="retired")
    assert measure_due() is None
    with pytest.raises(LookupError, match="nothing to measure"):
        measure_last_day(None)


def test_what_is_old_or_of_another_version_says_nothing_of_now(calm: Stream) -> None:
    report = measured(calm)
    now = timezone.now()
    assert set(said(now)) == ALL
    assert latest_distances(now + timedelta(days=3)) is None
    Prediction.objects.all()._raw_delete("default")
    ModelVersion.objects.filter(pk=report.version_id).update(status="retired")
    assert latest_distances(now) is None
