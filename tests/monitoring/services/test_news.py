"""Each receiver is told what is news to it, once, and again only where that was asked for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from monitoring.models import Alert, Notification, Receiver, Silence
from monitoring.services.news import NOT_DUE, write_due
from tests.monitoring.alerts import a_rule, an_alert
from tests.monitoring.webhooks import a_receiver

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
Status = Notification.Status


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def firing(**fields: Any) -> Alert:
    """Since noon."""
    return an_alert(**{"started_at": NOON, "fired_at": NOON, "wrong_at": NOON, **fields})


def resolve(alert: Alert, at: datetime) -> None:
    alert.status, alert.resolved_at = Alert.Status.RESOLVED, at
    alert.save()


def tell(at: datetime) -> Notification:
    """The one message that is due then, delivered."""
    (row,) = write_due(at)
    Notification.objects.filter(pk=row.pk).update(status=Status.SENT)
    return row


def said(row: Notification) -> list[tuple[int, str, str]]:
    return list(row.told.values_list("alert", "status", "severity"))


def test_an_alert_that_fires_is_told_once() -> None:
    a_receiver()
    alert = firing()
    row = tell(minutes(1))
    assert (row.kind, row.subject) == ("alerts", "Warning: Errors")
    assert said(row) == [(alert.pk, "firing", "warning")]
    assert write_due(minutes(2)) == []


def test_its_end_is_told_once_where_that_was_asked_for() -> None:
    a_receiver()
    a_receiver(sends_resolved=False)
    alert = firing()
    first, second = write_due(minutes(1))
    Notification.objects.update(status=Status.SENT)
    resolve(alert, minutes(5))
    row = tell(minutes(6))
    assert row.receiver == first.receiver != second.receiver
    assert row.subject == "Resolved: Errors"
    assert said(row) == [(alert.pk, "resolved", "warning")]
    assert write_due(minutes(7)) == []


def test_a_pending_alert_is_nobodys_business() -> None:
    a_receiver()
    firing(status="pending", fired_at=None)
    resolve(firing(rule=a_rule(), status="pending", fired_at=None), minutes(1))
    assert write_due(minutes(60)) == []


def test_one_that_was_over_before_it_was_told_is_not_told_at_all() -> None:
    a_receiver(group_wait_seconds=300)
    resolve(firing(), minutes(2))
    assert write_due(minutes(10)) == []


def test_alerts_within_the_group_wait_are_one_message_the_worst_first() -> None:
    a_receiver(group_wait_seconds=120)
    first = firing()
    second = firing(fired_at=minutes(1), severity="critical")
    assert write_due(minutes(1.9)) == []
    row = tell(minutes(2))
    assert row.subject == "2 alerts fire"
    assert [alert["id"] for alert in row.payload["alerts"]] == [second.pk, first.pk]


def test_a_receiver_of_critical_alerts_hears_of_no_warning() -> None:
    a_receiver(minimum_severity="critical")
    alert = firing()
    assert write_due(minutes(1)) == []
    Alert.objects.update(severity="critical")
    assert said(tell(minutes(2))) == [(alert.pk, "firing", "critical")]


def test_its_end_is_told_though_it_was_a_mere_warning_by_then() -> None:
    a_receiver(minimum_severity="critical")
    alert = firing(severity="critical")
    tell(minutes(1))
    alert.severity = "warning"
    resolve(alert, minutes(5))
    assert said(tell(minutes(6))) == [(alert.pk, "resolved", "warning")]


def test_that_it_got_critical_is_told_at_once() -> None:
    a_receiver(group_wait_seconds=600)
    firing()
    tell(minutes(10))
    Alert.objects.update(severity="critical")
    assert tell(minutes(10.1)).subject == "Critical: Errors"
    assert write_due(minutes(11)) == []


def test_what_still_fires_is_told_again_after_the_interval() -> None:
    a_receiver(repeat_minutes=60)
    alert = firing()
    tell(minutes(1))
    assert write_due(minutes(60)) == []
    row = tell(minutes(61))
    assert (row.kind, row.subject) == ("repeat", "Warning: Errors (again)")
    assert said(row) == [(alert.pk, "firing", "warning")]
    assert write_due(minutes(120)) == []
    tell(minutes(121))


def test_what_somebody_has_acknowledged_is_not_told_again_and_its_end_is(
    admin_user: User,
) -> None:
    a_receiver(repeat_minutes=60)
    alert = firing()
    tell(minutes(1))
    Alert.objects.update(acknowledged_at=minutes(2), acknowledged_by=admin_user)
    assert write_due(minutes(200)) == []
    resolve(alert, minutes(201))
    tell(minutes(202))


def test_nobody_is_told_during_a_silence_and_all_is_told_after_it() -> None:
    a_receiver()
    alert = firing()
    Silence.objects.create(rule=alert.rule, reason="r", starts_at=NOON, ends_at=minutes(30))
    assert write_due(minutes(29)) == []
    assert said(tell(minutes(30))) == [(alert.pk, "firing", "warning")]


def test_what_was_over_within_a_silence_is_never_told() -> None:
    a_receiver()
    alert = firing()
    Silence.objects.create(rule=None, reason="r", starts_at=NOON, ends_at=minutes(30))
    resolve(alert, minutes(20))
    assert write_due(minutes(31)) == []


def test_a_receiver_that_is_switched_off_is_told_nothing() -> None:
    a_receiver(is_enabled=False)
    firing()
    assert write_due(minutes(1)) == []


def test_a_new_receiver_is_told_what_fires_and_nothing_of_the_past() -> None:
    a_receiver()
    old, lasting = firing(), firing()
    tell(minutes(1))
    resolve(old, minutes(5))
    tell(minutes(6))
    new = a_receiver()
    row = tell(minutes(7))
    assert row.receiver == new
    assert said(row) == [(lasting.pk, "firing", "warning")]


def test_while_a_message_is_being_sent_news_wait_for_what_comes_of_it() -> None:
    a_receiver()
    firing()
    (row,) = write_due(minutes(1))
    Notification.objects.update(status=Status.SENDING)
    other = firing()
    assert write_due(minutes(2)) == []
    Notification.objects.filter(pk=row.pk).update(status=Status.SENT)
    assert said(tell(minutes(2))) == [(other.pk, "firing", "warning")]


def test_what_was_not_delivered_is_told_with_the_news_in_its_place() -> None:
    a_receiver()
    first, second = firing(), firing()
    (row,) = write_due(minutes(1))
    resolve(first, minutes(2))
    third = firing(fired_at=minutes(2))
    newer = tell(minutes(3))
    assert first.status == "resolved"
    assert sorted(said(newer)) == [
        (second.pk, "firing", "warning"),
        (third.pk, "firing", "warning"),
    ]
    row.refresh_from_db()
    assert (row.status, row.answer) == (Status.DROPPED, "A newer message says it.")
    assert write_due(minutes(4)) == []


def test_what_was_not_delivered_and_is_over_is_not_told_at_all() -> None:
    a_receiver()
    resolved = firing()
    (row,) = write_due(minutes(1))
    resolve(resolved, minutes(2))
    assert write_due(minutes(3)) == []
    row.refresh_from_db()
    assert (row.status, row.answer) == (Status.DROPPED, NOT_DUE)


def test_a_message_that_waits_is_not_sent_once_its_alert_is_silenced() -> None:
    a_receiver()
    silenced, other = firing(), firing()
    write_due(minutes(1))
    Silence.objects.create(rule=silenced.rule, reason="r", starts_at=minutes(2), ends_at=minutes(9))
    (newer,) = write_due(minutes(3))
    assert said(newer) == [(other.pk, "firing", "warning")]
    Silence.objects.create(rule=other.rule, reason="r", starts_at=minutes(4), ends_at=minutes(9))
    assert write_due(minutes(5)) == []
    assert set(Notification.objects.values_list("status", flat=True)) == {Status.DROPPED}
    assert len(said(tell(minutes(9)))) == 2


def fail(row: Notification, after: str = "") -> None:
    """For good; `after` an attempt at it that ended so, where that is given."""
    Notification.objects.filter(pk=row.pk).update(status=Status.FAILED, attempt=2)
    if after:
        Notification.objects.create(
            receiver=row.receiver, kind=row.kind, message_id=row.message_id, status=after,
            subject=row.subject, payload=row.payload, due_at=row.due_at,
        )  # fmt: skip


def test_what_failed_for_good_is_tried_anew_after_a_quarter_of_an_hour_while_it_is_so() -> None:
    a_receiver(repeat_minutes=240)
    alert = firing()
    for start in (1, 16, 31):
        (row,) = write_due(minutes(start))
        assert (row.kind, said(row)) == ("alerts", [(alert.pk, "firing", "warning")])
        fail(row)
        assert write_due(minutes(start + 14.9)) == []
    tell(minutes(46))
    assert write_due(minutes(100)) == []


def test_what_is_new_does_not_wait_for_what_failed() -> None:
    a_receiver()
    first = firing()
    fail(write_due(minutes(1))[0])
    second = firing(fired_at=minutes(2))
    assert said(tell(minutes(2))) == [(second.pk, "firing", "warning")]
    Alert.objects.filter(pk=first.pk).update(severity="critical")
    assert said(tell(minutes(3))) == [(first.pk, "firing", "critical")]


def test_the_end_of_what_failed_is_not_told() -> None:
    a_receiver()
    alert = firing()
    fail(write_due(minutes(1))[0])
    resolve(alert, minutes(2))
    assert write_due(minutes(3)) == []
    assert write_due(minutes(60)) == []


def test_the_end_is_told_where_any_attempt_may_have_been_heard() -> None:
    a_receiver()
    alert = firing()
    fail(write_due(minutes(1))[0], after=Status.UNKNOWN)
    resolve(alert, minutes(2))
    assert said(tell(minutes(3))) == [(alert.pk, "resolved", "warning")]
    assert write_due(minutes(4)) == []


def test_what_was_perhaps_heard_at_its_last_attempt_is_not_tried_anew() -> None:
    """A receiver that is slow to answer is not told each quarter of an hour."""
    a_receiver(repeat_minutes=60)
    alert = firing()
    write_due(minutes(1))
    Notification.objects.update(status=Status.UNKNOWN)
    assert write_due(minutes(60)) == []
    assert tell(minutes(61)).kind == "repeat"
    resolve(alert, minutes(62))
    tell(minutes(63))


def test_an_end_that_failed_is_tried_anew() -> None:
    a_receiver()
    alert = firing()
    tell(minutes(1))
    resolve(alert, minutes(2))
    fail(write_due(minutes(3))[0])
    assert write_due(minutes(17)) == []
    assert said(tell(minutes(18))) == [(alert.pk, "resolved", "warning")]
    assert write_due(minutes(40)) == []


def test_an_end_that_waits_for_another_attempt_goes_on_waiting() -> None:
    a_receiver()
    alert = firing()
    tell(minutes(1))
    resolve(alert, minutes(2))
    (row,) = write_due(minutes(3))
    fail(row, after=Status.UNKNOWN)
    Notification.objects.filter(pk=row.pk).update(status=Status.WAITING)
    assert write_due(minutes(4)) == []
    row.refresh_from_db()
    assert row.status == Status.WAITING


def test_a_repetition_that_failed_is_tried_anew_until_somebody_looks_after_it(
    admin_user: User,
) -> None:
    a_receiver(repeat_minutes=60)
    firing()
    tell(minutes(1))
    fail(write_due(minutes(61))[0])
    assert write_due(minutes(75)) == []
    (row,) = write_due(minutes(76))
    assert row.kind == "repeat"
    Alert.objects.update(acknowledged_at=minutes(77), acknowledged_by=admin_user)
    assert write_due(minutes(78)) == []
    row.refresh_from_db()
    assert (row.status, row.answer) == (Status.DROPPED, NOT_DUE)


def test_a_message_that_waits_is_not_begun_anew_for_a_repetition() -> None:
    a_receiver(repeat_minutes=60)
    firing()
    tell(minutes(1))
    firing(fired_at=minutes(50))
    (row,) = write_due(minutes(50))
    assert write_due(minutes(70)) == []
    Notification.objects.filter(pk=row.pk).update(status=Status.SENT)
    assert tell(minutes(71)).kind == "repeat"


def test_a_test_on_its_way_holds_up_nothing() -> None:
    receiver = a_receiver()
    Notification.objects.create(
        receiver=receiver, kind="test", subject="s", payload={}, due_at=NOON, status="sending"
    )
    firing()
    tell(minutes(1))


def test_a_flood_is_one_message_with_a_count_and_the_first() -> None:
    a_receiver()
    rule = a_rule()
    Alert.objects.bulk_create(
        Alert(
            rule=rule, label=f"c{number}", status="firing", severity="warning", text="t",
            started_at=NOON, fired_at=NOON, wrong_at=NOON,
        )
        for number in range(1000)
    )  # fmt: skip
    with CaptureQueriesContext(
        connection,
    ) as queries:
        row = tell(minutes(1))
    assert row.subject == "1,000 alerts fire"
    assert len(row.payload["alerts"]) == 20
    assert row.told.count() == 1000
    # As many as of one alert, but for the rows that are written in batches.
    assert len([query for query in queries if query["sql"].startswith("SELECT")]) <= 7
    assert write_due(minutes(2)) == []


def test_looking_costs_as_much_however_many_receivers_and_alerts_there_are(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for _ in range(3):
        a_receiver()
        firing()
    write_due(minutes(1))
    with django_assert_max_num_queries(8):
        write_due(minutes(2))


def test_a_clock_that_is_set_back_loses_nothing_and_repeats_nothing() -> None:
    a_receiver(repeat_minutes=60)
    alert = firing()
    tell(minutes(1))
    assert write_due(minutes(-30)) == []
    resolve(alert, minutes(-29))
    assert said(tell(minutes(-28))) == [(alert.pk, "resolved", "warning")]


def test_a_clock_that_is_set_back_by_days_brings_one_repetition_at_most() -> None:
    a_receiver(repeat_minutes=60)
    firing()
    tell(minutes(1))
    tell(minutes(-3000))
    assert write_due(minutes(-2999)) == []


def test_an_alert_of_before_the_clock_was_set_back_does_not_wait_until_it_is_noon_again() -> None:
    a_receiver(group_wait_seconds=30)
    firing()
    tell(minutes(-600))


def test_a_pause_of_an_hour_is_followed_by_one_message() -> None:
    a_receiver(group_wait_seconds=30)
    over = firing()
    tell(minutes(1))
    resolve(over, minutes(20))
    resolve(firing(rule=a_rule(), fired_at=minutes(10)), minutes(30))
    lasting = firing(fired_at=minutes(40))
    assert said(tell(minutes(61))) == [
        (lasting.pk, "firing", "warning"),
        (over.pk, "resolved", "warning"),
    ]


def test_a_receiver_has_one_message_on_its_way() -> None:
    receiver = a_receiver()
    fields = {"receiver": receiver, "kind": "alerts", "subject": "s", "payload": {}, "due_at": NOON}
    Notification.objects.create(**fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.create(**fields)
    assert Receiver.objects.get() == receiver
