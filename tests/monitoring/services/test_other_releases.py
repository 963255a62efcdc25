"""What another release has written (during an upgrade, or before it) stops nobody."""

from datetime import timedelta
from typing import Any

import pytest

from classifier.metrics import BUCKETS
from monitoring.models import MetricSnapshot, Notification, ProcessSample, Turn
from monitoring.services.deliveries import UNREADABLE, send_due
from monitoring.services.news import write_due
from monitoring.services.snapshots import SETTLING, take_due
from tests.monitoring.alerts import an_alert
from tests.monitoring.snapshots import HOUR, MINUTE, NOON, minute, store
from tests.monitoring.traffic import COUNTS, make_process
from tests.monitoring.webhooks import Hook, a_receiver

pytestmark = pytest.mark.django_db
Resolution = MetricSnapshot.Resolution
Status = Notification.Status
# Of this release, and of one with two buckets less.
OURS, THEIRS = [1] * (len(BUCKETS) + 1), [1] * (len(BUCKETS) - 1)


def waiting(hook: Hook) -> Notification:
    """A message that is to be sent at noon."""
    a_receiver(hook.url)
    an_alert(started_at=NOON, fired_at=NOON, wrong_at=NOON)
    (row,) = write_due(NOON)
    return row


def rewrite(row: Notification, payload: dict[str, Any]) -> None:
    Notification.objects.filter(pk=row.pk).update(payload=payload)


def test_what_a_later_release_says_beside_is_passed_over(hook: Hook) -> None:
    row = waiting(hook)
    (alert,) = row.payload["alerts"]
    rewrite(row, {**row.payload, "mood": "calm", "alerts": [{**alert, "mood": "calm"}]})
    send_due(lambda: NOON)
    assert Notification.objects.get().status == Status.SENT
    assert hook.heard[0].document["alerts"][0]["text"] == alert["text"]


@pytest.mark.parametrize("missing", ["alerts", "measure"])
def test_a_message_that_cannot_be_read_has_failed_for_good_and_the_next_is_sent(
    missing: str, hook: Hook
) -> None:
    row = waiting(hook)
    alerts = [
        {key: value for key, value in alert.items() if key != missing}
        for alert in row.payload["alerts"]
    ]
    payload = {**row.payload, "alerts": alerts}
    rewrite(row, {key: value for key, value in payload.items() if key != missing})
    other = a_receiver(hook.url)
    write_due(NOON)
    send_due(lambda: NOON)
    row.refresh_from_db()
    assert (row.status, row.answer) == (Status.FAILED, UNREADABLE)
    assert other.notifications.get().status == Status.SENT
    assert not row.receiver.notifications.filter(status=Status.WAITING).exists()


def test_an_hour_of_two_releases_is_rolled_up_and_says_no_quantile() -> None:
    store(
        minute("request_seconds", NOON + number * MINUTE, 5, 1.0,
               histogram=OURS if number < 30 else THEIRS)
        for number in range(59)
    )  # fmt: skip
    Turn.objects.create(name="snapshots", due_at=NOON, done_until=NOON + 59 * MINUTE)
    take_due(NOON + HOUR + SETTLING)
    held = MetricSnapshot.objects.get(series="request_seconds", resolution=Resolution.HOUR)
    assert (held.count, held.histogram) == (59 * 5, [])


def test_a_minute_of_two_releases_counts_requests_and_says_no_quantile() -> None:
    process = make_process(seen_at=NOON)
    for histogram in (OURS, THEIRS):
        counts = {**COUNTS, "request_seconds": histogram}
        at = NOON + timedelta(seconds=30)
        ProcessSample.objects.create(process=process, created_at=at, seconds=10, counts=counts)
    Turn.objects.create(name="snapshots", due_at=NOON, done_until=NOON)
    take_due(NOON + MINUTE + SETTLING)
    held = {row.series: row for row in MetricSnapshot.objects.filter(resolution=Resolution.MINUTE)}
    assert held["requests"].count == 2 * COUNTS["requests"]
    assert (held["request_seconds"].count, held["request_seconds"].histogram) == (
        len(OURS) + len(THEIRS),
        [],
    )
