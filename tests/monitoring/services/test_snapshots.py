"""Each minute that is over is held once, whatever happens to processes, clock and database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone
from pytest_django import Settings

from classifier.models import Activation, ModelVersion, Prediction
from monitoring.models import (
    DriftReport,
    MetricSnapshot,
    Notification,
    Process,
    ProcessSample,
    Turn,
)
from monitoring.services import drift, snapshots
from monitoring.services.clock import database_time, hour_of
from monitoring.services.snapshots import MINUTES_A_TURN, take_due
from monitoring.services.turns import LEASE
from tests.monitoring.drift_reports import make_drift_report
from tests.monitoring.snapshots import minute, store
from tests.monitoring.traffic import COUNTS, make_predictions, make_process
from tests.monitoring.webhooks import a_receiver
from tests.races import race

Resolution = MetricSnapshot.Resolution
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# When a minute that ended at noon may be held.
SETTLED = NOON + snapshots.SETTLING


@pytest.fixture
def begun(db: None) -> None:
    """The turn has come as far as noon."""
    Turn.objects.create(name="snapshots", due_at=NOON, done_until=NOON)


def minutes(series: str = "predictions", by: str = "") -> list[datetime]:
    rows = MetricSnapshot.objects.filter(resolution=Resolution.MINUTE, series=series, by=by)
    return list(rows.order_by("at").values_list("at", flat=True))


@pytest.mark.usefixtures("begun")
def test_a_minute_is_held_when_what_was_stored_in_it_can_be_seen() -> None:
    take_due(SETTLED + MINUTE - timedelta(seconds=1))
    assert minutes() == []
    take_due(SETTLED + MINUTE + snapshots.EVERY)
    assert minutes() == [NOON]


@pytest.mark.usefixtures("begun")
def test_that_nothing_came_is_a_row_and_that_nobody_counted_is_none() -> None:
    take_due(SETTLED + MINUTE)
    held = {row.series: row for row in MetricSnapshot.objects.filter(by="")}
    assert (held["predictions"].count, held["predictions"].seconds) == (0, 60.0)
    assert held["accuracy_audit"].count == 0
    assert not {"requests", "request_seconds", "cache_lookups", "cpu"} & set(held)


@pytest.mark.usefixtures("begun")
def test_an_hour_that_was_missed_is_made_up_for_in_one_turn() -> None:
    take_due(SETTLED + timedelta(hours=1))
    assert minutes() == [NOON + number * MINUTE for number in range(60)]


@pytest.mark.usefixtures("begun")
def test_a_turn_does_so_much_and_the_next_goes_on() -> None:
    later = SETTLED + timedelta(hours=3)
    take_due(later)
    assert len(minutes()) == MINUTES_A_TURN
    take_due(later + snapshots.EVERY)
    assert len(minutes()) == 180


@pytest.mark.usefixtures("begun")
def test_a_state_is_known_of_the_newest_minute_alone() -> None:
    take_due(SETTLED + timedelta(hours=3))
    assert minutes("guardrail_stops") == []
    take_due(SETTLED + timedelta(hours=3) + snapshots.EVERY)
    assert minutes("guardrail_stops") == [NOON + timedelta(hours=3) - MINUTE]


@pytest.mark.usefixtures("begun")
def test_what_is_older_than_minutes_are_kept_stays_missing() -> None:
    take_due(SETTLED + timedelta(days=40))
    (first, *_) = minutes()
    assert first == NOON + timedelta(days=25, hours=1)


def test_the_first_snapshot_begins_with_the_hour_where_nothing_was_predicted(db: None) -> None:
    Prediction.objects.all().delete()
    take_due(NOON + 5 * MINUTE + snapshots.SETTLING)
    assert minutes() == [NOON + number * MINUTE for number in range(5)]


def test_the_first_snapshots_take_in_the_days_before(active_version: ModelVersion) -> None:
    make_predictions(active_version, NOON - timedelta(days=30), 1)
    take_due(SETTLED)
    assert minutes()[0] == NOON - timedelta(days=7)


@pytest.mark.parametrize("change", ["2026-03-29T01:00Z", "2026-10-25T01:00Z"])
def test_the_first_snapshots_go_on_where_the_clock_is_put_forward_or_back(
    change: str, active_version: ModelVersion, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    start = datetime.fromisoformat(change) - timedelta(hours=1)
    make_predictions(active_version, start + 10 * MINUTE, 1)
    with timezone.override(None):
        for number in range(3):
            take_due(start + timedelta(hours=5) + snapshots.SETTLING + number * snapshots.EVERY)
    assert minutes() == [start + number * MINUTE for number in range(300)]


def test_a_lost_turn_begins_after_what_is_held(db: None) -> None:
    Turn.objects.create(name="snapshots", due_at=NOON, done_until=NOON)
    take_due(SETTLED + MINUTE)
    Turn.objects.all().delete()
    take_due(SETTLED + 2 * MINUTE)
    assert minutes() == [NOON, NOON + MINUTE]


@pytest.mark.usefixtures("begun")
def test_a_clock_that_is_set_back_a_little_waits() -> None:
    take_due(SETTLED + 3 * MINUTE)
    take_due(SETTLED + MINUTE)
    take_due(SETTLED + 4 * MINUTE)
    assert minutes() == [NOON + number * MINUTE for number in range(4)]


def test_a_clock_that_ran_ahead_leaves_what_the_rows_say(active_version: ModelVersion) -> None:
    Turn.objects.create(name="snapshots", due_at=NOON, done_until=NOON)
    make_predictions(active_version, NOON, 7)
    for number in range(16):
        take_due(SETTLED + timedelta(hours=30) + number * snapshots.EVERY)
    back = SETTLED + timedelta(minutes=90)
    take_due(back)
    take_due(back + snapshots.EVERY)
    assert minutes() == [NOON + number * MINUTE for number in range(90)]
    hours = MetricSnapshot.objects.filter(resolution=Resolution.HOUR, series="predictions", by="")
    assert [(row.at, row.count) for row in hours] == [(NOON, 7)]


@pytest.mark.parametrize("days", [60, -60])
def test_the_clock_of_a_process_takes_no_snapshots_away(
    days: int, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Prediction.objects.all().delete()
    now = database_time()
    start = hour_of(now)
    kept = [start - timedelta(days=14), start - 3 * MINUTE]
    store(minute("requests", at, 1, 0) for at in kept)
    Turn.objects.create(name="snapshots", due_at=now, done_until=start)
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=days))
    take_due()
    assert minutes("requests") == kept
    done_until = Turn.objects.get().done_until
    assert done_until is not None
    assert abs(done_until - now) < timedelta(minutes=5)


@pytest.mark.usefixtures("begun")
def test_what_a_turn_could_not_finish_leaves_nothing() -> None:
    def fail(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "done_until" in sql:
            raise DatabaseError("the server went away")
        return execute(sql, *rest)

    with connection.execute_wrapper(fail), pytest.raises(DatabaseError):
        take_due(SETTLED + MINUTE)
    assert minutes() == []
    take_due(SETTLED + MINUTE + LEASE)
    assert len(minutes()) == 3


@pytest.mark.usefixtures("begun")
def test_who_lost_its_turn_while_it_worked_stores_nothing() -> None:
    def take_over(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "monitoring_metricsnapshot"'):
            Turn.objects.update(token=uuid4())
        return execute(sql, *rest)

    with connection.execute_wrapper(take_over):
        take_due(SETTLED + MINUTE)
    assert minutes() == []


def test_samples_stay_until_snapshots_hold_them_and_old_processes_go(begun: None) -> None:
    process = make_process(seen_at=NOON + timedelta(hours=3))
    gone = make_process(pid=2, seen_at=NOON - timedelta(days=8))
    for moment in (NOON - timedelta(hours=3), NOON):
        ProcessSample.objects.create(process=process, created_at=moment, seconds=10, counts=COUNTS)
    take_due(SETTLED + timedelta(hours=1))
    assert list(ProcessSample.objects.values_list("created_at", flat=True)) == [NOON]
    assert not Process.objects.filter(pk=gone.pk).exists()


def test_minutes_hours_and_samples_grow_old(begun: None) -> None:
    def held(resolution: str, at: datetime) -> None:
        MetricSnapshot.objects.create(
            series="cpu", resolution=resolution, at=at, count=1, total=1, seconds=60
        )

    for resolution in Resolution.values:
        held(resolution, NOON - timedelta(days=401))
        held(resolution, NOON - timedelta(days=20))
    take_due(SETTLED + timedelta(hours=1))
    left = MetricSnapshot.objects.filter(series="cpu").order_by("at", "resolution")
    assert [row.resolution for row in left] == ["day", "day", "hour"]


def test_attempts_that_ended_more_than_a_year_ago_go_and_those_on_their_way_stay(
    begun: None,
) -> None:
    receiver = a_receiver()
    for finished_at in (NOON - timedelta(days=401), NOON - timedelta(days=399), None):
        Notification.objects.create(
            receiver=receiver,
            kind=Notification.Kind.TEST,
            subject=f"{finished_at}",
            payload={},
            due_at=NOON - timedelta(days=401),
            finished_at=finished_at,
        )
    take_due(SETTLED + timedelta(hours=1))
    left = set(Notification.objects.values_list("subject", flat=True))
    assert left == {f"{NOON - timedelta(days=399)}", "None"}


SCRIPT = """
from monitoring.models import MetricSnapshot, Turn
from monitoring.services.snapshots import take_due
now = timezone.now().replace(second=30, microsecond=0)
noon = now.replace(second=0)
Turn.objects.create(name="snapshots", due_at=noon, done_until=noon - timedelta(minutes=30))
at_once(lambda number: take_due(now))
result["minutes"] = MetricSnapshot.objects.filter(
    series="predictions", by="", resolution="minute").count()
"""


def test_of_four_at_once_each_minute_is_held_once(tmp_path: Path) -> None:
    assert race(tmp_path, SCRIPT) == {"minutes": 30}


@pytest.mark.usefixtures("begun")
def test_the_distances_that_were_measured_last_are_a_series_by_kind() -> None:
    make_drift_report()
    DriftReport.objects.update(end=NOON - timedelta(hours=3))
    take_due(SETTLED + MINUTE)
    rows = MetricSnapshot.objects.filter(series="drift", resolution=Resolution.MINUTE, by="kind")
    distances = drift.latest_distances(NOON)
    assert distances
    assert dict(rows.values_list("label", "total")) == distances


@pytest.mark.usefixtures("begun")
def test_that_nothing_was_measured_of_a_version_that_is_new_is_a_row_and_of_an_old_one_is_none(
    active_version: ModelVersion,
) -> None:
    Activation.objects.update(created_at=NOON - timedelta(hours=1))
    take_due(SETTLED + MINUTE)
    rows = MetricSnapshot.objects.filter(series="drift", resolution=Resolution.MINUTE)
    assert [(row.by, row.count) for row in rows] == [("", 0)]
    rows.delete()
    Activation.objects.update(created_at=NOON - timedelta(days=3))
    take_due(SETTLED + 2 * MINUTE)
    assert not rows.all()
