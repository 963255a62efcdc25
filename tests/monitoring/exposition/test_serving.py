"""`/metrics` says of each process whether it serves what is active."""

import pytest
from django.utils import timezone

from monitoring.exposition.states import StateCollector
from tests.monitoring.traffic import make_process

pytestmark = pytest.mark.django_db


def active_by_pid() -> dict[str, float]:
    return {
        sample.labels["pid"]: sample.value
        for family in StateCollector().collect()
        for sample in family.samples
        if sample.name == "txcat_process_serving_active"
    }


def test_another_version_than_the_active_one_or_none_is_zero() -> None:
    make_process(timezone.now(), pid=1)
    make_process(timezone.now(), pid=2, wanted="v2")
    make_process(timezone.now(), pid=3, version="")
    assert active_by_pid() == {"1": 1, "2": 0, "3": 0}


def test_where_none_is_active_nothing_is_said() -> None:
    make_process(timezone.now(), role="worker", version="", wanted="")
    assert active_by_pid() == {}
