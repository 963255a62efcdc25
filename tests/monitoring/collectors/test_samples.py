"""Samples of predictions: all of few, and of many some of each hour."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classifier.models import ModelVersion, Prediction
from monitoring.collectors import samples
from monitoring.collectors.samples import sample
from tests.monitoring.streams import days_ago, store_day, stream


def test_of_few_all_are_read_and_none_of_another_day(active_version: ModelVersion) -> None:
    for day in (3, 2, 1):
        store_day(days_ago(day), stream(rows=40).draw(day))
    found = sample(days_ago(2), days_ago(1), 100)
    assert (found.total, len(found.rows)) == (40, 40)
    expected = Prediction.objects.filter(created_at__gte=days_ago(2), created_at__lt=days_ago(1))
    assert Counter(row.text for row in found.rows) == Counter(
        expected.values_list("canonical_text", flat=True)
    )


def test_of_many_each_hour_gives_its_share(
    active_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "RUNS", 20)
    store_day(days_ago(1), stream(rows=800).draw(1))
    late = Prediction.objects.filter(created_at__hour=21)
    late.update(canonical_text="late")
    with CaptureQueriesContext(connection) as asked:
        found = sample(days_ago(1), days_ago(0), 200)
    assert (found.total, len(found.rows)) == (800, 200)
    assert 40 <= sum(row.text == "late" for row in found.rows) <= 60
    assert len(asked) <= 20 + 6
    assert sample(days_ago(1), days_ago(0), 200) == found


def test_what_has_no_text_or_was_not_answered_by_the_model_says_so(
    active_version: ModelVersion,
) -> None:
    store_day(days_ago(1), stream(rows=3).draw(1))
    first, second, _ = Prediction.objects.order_by("id")
    Prediction.objects.filter(pk=first.pk).update(reason="no_text", category=None)
    Prediction.objects.filter(pk=second.pk).update(annotator="rule")
    rows = sample(days_ago(1), days_ago(0), 10).rows
    assert sorted(row.text is None for row in rows) == [False, False, True]
    assert sorted(row.confidence is None for row in rows) == [False, False, True]
    assert sum(row.category_id is None for row in rows) == 1
