"""An activation that web processes cannot follow fires for as long as it lasts."""

from datetime import datetime

import pytest
from django.utils import timezone

from classifier import runtime
from classifier.models import Activation, ModelVersion
from monitoring.models import Alert, Process
from monitoring.services.heartbeats import Heart
from tests.artifacts import spoil
from tests.monitoring.snapshots import HOUR, look
from tests.monitoring.traffic import make_process
from tests.rows import twin_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken_version(active_version: ModelVersion) -> ModelVersion:
    """Not active yet, and never to be loaded."""
    version = twin_of(active_version)
    spoil(version)
    return version


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


def beat(heart: Heart) -> None:
    """Heard now, and for an hour as if it went on."""
    heart.beat()
    Process.objects.update(seen_at=timezone.now() + HOUR)


def status() -> str:
    alert = Alert.objects.filter(rule__key="engine-fallback").first()
    return alert.status if alert else ""


def test_the_version_that_served_goes_on_and_the_alert_stays(
    active_version: ModelVersion, broken_version: ModelVersion, now: datetime
) -> None:
    heart = Heart(Process.Role.WEB)
    runtime.get().refresh()
    Activation.objects.create(to_version=broken_version)
    runtime.get().refresh()
    assert runtime.get().known_status().serving == active_version.name
    beat(heart)
    later = look(30, now)
    assert status() == "firing"
    Activation.objects.create(to_version=active_version)
    runtime.get().refresh()
    beat(heart)
    look(5, later)
    assert status() == "resolved"


def test_a_process_that_begins_with_a_fallback_is_seen(
    broken_version: ModelVersion, now: datetime
) -> None:
    Activation.objects.create(to_version=broken_version)
    runtime.get().refresh()
    beat(Heart(Process.Role.WEB))
    look(10, now)
    assert status() == "firing"


def test_a_process_that_has_no_version_at_all_is_seen(now: datetime) -> None:
    make_process(now + HOUR, version="", health="failed")
    look(10, now)
    assert status() == "firing"


def test_a_worker_and_a_site_where_nothing_is_active_are_left_alone(now: datetime) -> None:
    make_process(now + HOUR, version="", wanted="", health="failed")
    make_process(now + HOUR, pid=2, role="worker", version="v0")
    look(10, now)
    assert status() == ""
