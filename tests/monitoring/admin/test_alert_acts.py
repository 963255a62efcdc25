"""What people do with an alert is asked on a page of its own, and stands in its timeline."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.admin.cells import change_url, changelist_url
from monitoring.models import Alert, AlertEvent, Silence
from monitoring.services.episodes import acknowledge
from tests.monitoring.alerts import an_alert


def address(act: str, alert: Alert) -> str:
    return reverse(f"admin:monitoring_alert_{act}", args=[alert.pk])


def send(client: Client, act: str, alert: Alert, **fields: str) -> str:
    """What the page says where it ends."""
    return client.post(address(act, alert), fields, follow=True).content.decode()


def test_an_alert_is_acknowledged_and_taken_back(staff: Client, admin_user: User) -> None:
    alert = an_alert()
    assert "nobody is told of it again" in send(staff, "acknowledge", alert, text="I look.")
    alert.refresh_from_db()
    assert alert.acknowledged_by == admin_user
    content = send(staff, "unacknowledge", alert)
    assert "it is told again" in content
    assert "“I look.”" in content
    alert.refresh_from_db()
    assert alert.acknowledged_by is None


def test_asking_changes_nothing(staff: Client) -> None:
    alert = an_alert()
    for act in ("acknowledge", "unacknowledge", "comment", "silence"):
        assert staff.get(address(act, alert)).status_code == 200
    assert not AlertEvent.objects.exists()
    assert not Silence.objects.exists()


def test_who_is_slower_is_told_who_was_first(staff: Client) -> None:
    alert = an_alert()
    acknowledge(alert, User.objects.create_user("ben"))
    content = send(staff, "acknowledge", alert, text="")
    assert "Nothing was changed. ben has acknowledged it." in content


def test_a_comment_that_is_empty_or_too_long_names_its_field(staff: Client) -> None:
    alert = an_alert()
    assert "This field is required" in send(staff, "comment", alert, text=" ")
    assert "at most 1000 characters" in send(staff, "comment", alert, text="x" * 1001)
    assert "stands in its timeline" in send(staff, "comment", alert, text="Seen.")
    assert [event.text for event in alert.events.all()] == ["Seen."]


def test_a_silence_is_for_a_usual_time(staff: Client) -> None:
    alert = an_alert(label="a")
    send(staff, "silence", alert, lasts="4", scope="label", reason="A load test.")
    row = Silence.objects.get()
    assert (row.rule, row.label, row.reason) == (alert.rule, "a", "A load test.")
    left = row.ends_at - timezone.now()
    assert timedelta(hours=3.9) < left <= timedelta(hours=4)


def test_a_silence_is_of_all_labels_where_that_was_chosen(staff: Client) -> None:
    send(staff, "silence", an_alert(label="a"), lasts="1", scope="rule", reason="r")
    assert Silence.objects.get().label == ""


def test_a_silence_is_until_a_moment(staff: Client) -> None:
    until = timezone.localtime() + timedelta(days=3)
    moment = {"until_0": f"{until:%Y-%m-%d}", "until_1": f"{until:%H:%M:%S}"}
    send(staff, "silence", an_alert(), lasts="other", reason="r", **moment)
    assert abs(Silence.objects.get().ends_at - until) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"lasts": "other", "reason": "r"}, "Say until when."),
        ({"lasts": "1", "reason": ""}, "This field is required."),
        ({"lasts": "7", "reason": "r"}, "Select a valid choice."),
        ({"lasts": "1", "reason": "x" * 301}, "at most 300 characters"),
        (
            {"lasts": "other", "reason": "r", "until_0": "2001-01-01", "until_1": "00:00:00"},
            "It is over already.",
        ),
        (
            {"lasts": "1", "reason": "r", "until_0": "2101-01-01", "until_1": "00:00:00"},
            "Choose “Until another time” for this",
        ),
        ({"lasts": "other", "reason": "r", "until_0": "never", "until_1": "x"}, "Enter a valid"),
    ],
)
def test_a_silence_that_cannot_be_is_refused_by_its_field(
    staff: Client, fields: dict[str, str], says: str
) -> None:
    assert says in send(staff, "silence", an_alert(), **fields)
    assert not Silence.objects.exists()


def test_who_may_only_look_does_nothing(viewer: Client) -> None:
    alert = an_alert()
    for act in ("acknowledge", "unacknowledge", "comment", "silence"):
        fields = {"text": "t", "lasts": "1", "reason": "r"}
        assert viewer.post(address(act, alert), fields).status_code == 403
    assert not AlertEvent.objects.exists()
    assert viewer.get(change_url(alert)).status_code == 200


def test_several_are_acknowledged_in_the_list_and_what_is_over_is_named(
    staff: Client, admin_user: User
) -> None:
    alerts = [an_alert(label="a"), an_alert(label="b"), an_alert(label="c", status="resolved")]
    chosen = {"action": "acknowledge_chosen", "_selected_action": [row.pk for row in alerts]}
    content = staff.post(changelist_url(Alert), chosen, follow=True).content.decode()
    assert "Acknowledged: 2." in content
    assert "Errors c: It is over." in content
    assert Alert.objects.filter(acknowledged_by=admin_user).count() == 2


def test_who_may_only_look_acknowledges_nothing_in_the_list(viewer: Client) -> None:
    chosen = {"action": "acknowledge_chosen", "_selected_action": [an_alert().pk]}
    viewer.post(changelist_url(Alert), chosen, follow=True)
    assert not AlertEvent.objects.exists()
