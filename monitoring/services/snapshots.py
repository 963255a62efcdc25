"""Take a snapshot of every series each minute, and roll minutes up to hours and days."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from monitoring import collectors
from monitoring.collectors import Seen
from monitoring.detectors.quantiles import Sums
from monitoring.exceptions import TurnLostError
from monitoring.measures import By
from monitoring.models import MetricSnapshot, ProcessSample
from monitoring.services import drift
from monitoring.services.clock import HOUR, MINUTE, hour_of, hours_ended, minutes_between
from monitoring.services.retention import MINUTES_KEPT, delete_from, delete_old
from monitoring.services.rollup import roll_up
from monitoring.services.samples import hold, unheld_samples
from monitoring.services.turns import FAR_AHEAD, SNAPSHOTS, Held, take

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=10)
# What was stored within a minute is seen by others a little after its end.
SETTLING = timedelta(seconds=10)
# After a pause, what was missed is done in several turns.
MINUTES_A_TURN = 120
# At the very first, so much of what the tables know of the past is taken in.
LOOK_BACK = timedelta(days=7)
Resolution = MetricSnapshot.Resolution


def take_due(now: datetime | None = None) -> None:
    """Whatever minutes, hours and days are over and not yet held, where this process's turn is.

    All of a turn is stored at once, or nothing of it.
    """
    held = take(SNAPSHOTS, EVERY, now)
    if held is None:
        return
    try:
        with held.at_work():
            _take(held)
    except TurnLostError:
        logger.warning("Another process took these snapshots meanwhile.")


def _take(held: Held) -> None:
    start = _start(held.done_until, held.taken_at)
    over = list(minutes_between(start, held.taken_at - SETTLING))
    minutes = over[:MINUTES_A_TURN]
    done_until = minutes[-1] + MINUTE if minutes else start
    # Read before the transaction: SQLite lets nobody else write during it.
    hours = hours_ended(start, done_until)
    samples = unheld_samples(minutes, done_until, held.taken_at)
    rows = [row for minute in minutes for row in _of_minute(minute, samples.get(minute, ()))]
    if minutes and minutes == over:
        now, seconds = held.taken_at, MINUTE.total_seconds()
        states = [*collectors.states_seen(now, seconds), *_drift_seen(now, seconds)]
        rows += _rows(states, Resolution.MINUTE, minutes[-1])
    rows += [
        row
        for hour, end in hours
        for row in _rows(collectors.categories_seen(hour, end), Resolution.HOUR, hour)
    ]
    with transaction.atomic():
        if held.done_until is not None and start < held.done_until:
            logger.warning("The clock was set back: snapshots are taken anew from %s.", start)
            delete_from(start)
        MetricSnapshot.objects.bulk_create(rows, batch_size=500)
        hold(samples)
        roll_up(start, done_until)
        if hours:
            delete_old(done_until)
        held.finish(done_until=done_until)


def _start(done_until: datetime | None, now: datetime) -> datetime:
    """Where to go on. What begins anew begins with an hour, so that no hour is seen in part.

    After a pause that was longer than minutes are kept, what lies before stays missing.
    """
    oldest = hour_of(now - MINUTES_KEPT) + HOUR
    if done_until is None:
        done_until = _newest_end() or _first_start(now)
    if done_until > now + FAR_AHEAD:
        return hour_of(now)
    return max(done_until, oldest)


def _newest_end() -> datetime | None:
    """Where a turn was lost and snapshots were not."""
    rows = MetricSnapshot.objects.filter(resolution=Resolution.MINUTE).order_by("-at")
    newest = rows.values_list("at", flat=True).first()
    return newest + MINUTE if newest is not None else None


def _first_start(now: datetime) -> datetime:
    first = collectors.first_prediction_at()
    return hour_of(now if first is None else max(first, now - LOOK_BACK))


def _of_minute(minute: datetime, samples: Iterable[ProcessSample]) -> list[MetricSnapshot]:
    end = minute + MINUTE
    seen = [
        *collectors.traffic_seen(minute, end),
        *collectors.accuracy_seen(minute, end),
        *collectors.processes_seen(samples, MINUTE.total_seconds()),
        *collectors.jobs_seen(minute, end),
    ]
    return _rows(seen, Resolution.MINUTE, minute)


def _drift_seen(now: datetime, seconds: float) -> list[Seen]:
    """What was last measured, for a stretch of `seconds`. That nothing was yet of a version that
    is new is known, too: kinds of the version before are gone then, and not missing."""
    distances = drift.latest_distances(now)
    if distances is None:
        return []
    if not distances:
        return [Seen("drift", Sums(0, 0.0, seconds))]
    return [
        Seen("drift", Sums(1, ratio, seconds), By.KIND, kind) for kind, ratio in distances.items()
    ]


def _rows(seen: Iterable[Seen], resolution: Resolution, at: datetime) -> list[MetricSnapshot]:
    return [
        MetricSnapshot(
            series=each.series,
            by=each.by.value,
            label=each.label,
            resolution=resolution,
            at=at,
            count=each.sums.count,
            total=each.sums.total,
            seconds=each.sums.seconds,
            histogram=each.sums.histogram,
        )
        for each in seen
    ]
