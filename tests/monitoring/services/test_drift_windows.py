"""Which calm days a version is held against."""

from datetime import UTC, date, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from classifier.models import ModelVersion
from monitoring.models import DriftReference
from monitoring.services.drift_windows import DAY, bounds, calm_windows, last_full_day
from tests.monitoring.streams import days_ago, live_since
from tests.rows import copy_of


def choose(version: ModelVersion, first: int, last: int, by: User) -> None:
    """A calm window, by how many days ago."""
    today = timezone.localdate()
    row = DriftReference(
        version=version,
        first_day=today - first * DAY,
        last_day=today - last * DAY,
        reason="No campaign.",
        by=by,
    )
    row.full_clean()
    row.save()


def test_a_version_has_its_first_seven_full_days(active_version: ModelVersion) -> None:
    live_since(20)
    windows = calm_windows(active_version, days_ago(1))
    today = timezone.localdate()
    assert windows.of_version == windows.of_texts
    assert windows.of_version is not None
    assert (windows.of_version.first_day, windows.of_version.last_day) == (
        today - 19 * DAY,
        today - 13 * DAY,
    )
    assert len(windows.of_version.days) == 7


def test_until_they_are_over_texts_have_the_days_before_it(active_version: ModelVersion) -> None:
    live_since(8)
    windows = calm_windows(active_version, days_ago(1))
    assert windows.of_version is None
    assert "its first 7 full days" in windows.reason
    assert windows.of_texts is not None
    assert windows.of_texts.last_day == timezone.localdate() - 9 * DAY
    assert calm_windows(active_version, days_ago(0)).of_version is not None


def test_the_window_that_was_chosen_last_counts_for_its_version_alone(
    active_version: ModelVersion, admin_user: User
) -> None:
    live_since(40)
    today = timezone.localdate()
    for ago in (30, 20):
        choose(active_version, ago, ago - 9, admin_user)
    found = calm_windows(active_version, days_ago(1)).of_version
    assert found is not None
    assert (found.first_day, found.reference) == (
        today - 20 * DAY,
        DriftReference.objects.get(first_day=today - 20 * DAY),
    )
    other = copy_of(active_version, name="other", status=ModelVersion.Status.CANDIDATE)
    assert calm_windows(other, days_ago(1)).reason == "other was never live."


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [
        (5, 0, "days that are over"),
        (6, 1, "7 are needed"),
        (90, 1, "60 days at most"),
        (1, 5, "ends before it starts"),
    ],
)
def test_days_that_cannot_be_a_calm_window_are_refused(
    active_version: ModelVersion, admin_user: User, first: int, last: int, word: str
) -> None:
    with pytest.raises(ValidationError, match=word):
        choose(active_version, first, last, admin_user)
    assert not DriftReference.objects.exists()


def test_days_are_those_of_the_sites_clock() -> None:
    with timezone.override("Europe/Berlin"):
        autumn = date(2026, 10, 25)
        start, end = bounds(autumn)
        assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=25)
        assert last_full_day(end) == autumn
