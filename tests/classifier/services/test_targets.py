"""The performance targets are one row with a history."""

import pytest
from django.db import IntegrityError

from classifier.models import PerformanceTargets
from classifier.services.targets import performance_targets

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unused() -> None:
    """As before anything asked for them."""
    PerformanceTargets.objects.all().delete()
    PerformanceTargets.history.all().delete()


def test_the_row_is_made_with_defaults_on_first_use() -> None:
    assert performance_targets().min_accuracy == 0.4
    assert performance_targets() == PerformanceTargets.objects.get()


def test_its_history_starts_with_nobody() -> None:
    first = performance_targets().history.get()
    assert (first.history_user, first.history_change_reason) == (None, "defaults")


def test_there_is_no_second_row() -> None:
    performance_targets()
    with pytest.raises(IntegrityError):
        PerformanceTargets.objects.create(id=2)
