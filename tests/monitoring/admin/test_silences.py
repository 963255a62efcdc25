"""Silences are made with an end and a reason, ended before it, and kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.admin.cells import change_url, changelist_url
from monitoring.models import AlertEvent, Silence
from monitoring.services.silences import silence
from tests.monitoring.alerts import a_rule, an_alert

ADD = "admin:monitoring_silence_add"


def form(until: datetime, **changes: Any) -> dict[str, Any]:
    until = timezone.localtime(until)
    return {
        "rule": "",
        "label": "",
        "ends_at_0": f"{until:%Y-%m-%d}",
        "ends_at_1": f"{until:%H:%M:%S}",
        "reason": "A load test.",
        **changes,
    }


def in_hours(number: float) -> datetime:
    return timezone.now() + timedelta(hours=number)


def test_a_silence_is_made_and_its_open_alerts_say_so(staff: Client, admin_user: User) -> None:
    alert = an_alert()
    staff.post(reverse(ADD), form(in_hours(2), rule=alert.rule.pk))
    row = Silence.objects.get()
    assert (row.rule, row.reason, row.created_by) == (alert.rule, "A load test.", admin_user)
    assert alert.events.get().kind == AlertEvent.Kind.SILENCED


@pytest.mark.parametrize(
    ("hours", "changes", "says"),
    [
        (-1, {}, "This time has passed."),
        (1, {"reason": ""}, "This field is required."),
        (1, {"label": "a"}, "choose the rule"),
        (1, {"rule": "999"}, "Select a valid choice."),
        (1, {"ends_at_0": "soon"}, "Enter a valid date."),
    ],
)
def test_a_silence_that_cannot_be_is_refused_by_its_field(
    staff: Client, hours: float, changes: dict[str, str], says: str
) -> None:
    content = staff.post(reverse(ADD), form(in_hours(hours), **changes)).content.decode()
    assert says in content
    assert not Silence.objects.exists()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize(
    ("day", "says"),
    [
        ("9999-12-31", ("It lasts a year at most.", "It lasts a year at most.")),
        ("0001-01-01", ("This time has passed.", "It is over already.")),
    ],
)
def test_an_end_that_is_not_near_is_refused_by_both_forms(
    staff: Client, zone: str, day: str, says: tuple[str, str]
) -> None:
    of_alert = reverse("admin:monitoring_alert_silence", args=[an_alert().pk])
    asked = {"lasts": "other", "until_0": day, "until_1": "23:59:59", "reason": "A load test."}
    with timezone.override(zone):
        pages = (
            staff.post(reverse(ADD), form(in_hours(1), ends_at_0=day, ends_at_1="23:59:59")),
            staff.post(of_alert, asked),
        )
    for page, said in zip(pages, says, strict=True):
        assert said in page.content.decode()
    assert not Silence.objects.exists()


def test_it_is_ended_before_its_time_once(staff: Client, admin_user: User) -> None:
    row = silence(a_rule(), "", in_hours(2), "r", by=admin_user)
    url = reverse("admin:monitoring_silence_end", args=[row.pk])
    assert url in staff.get(change_url(row)).content.decode()
    assert "What fires is told from now on." in staff.get(url).content.decode()
    assert "is ended" in staff.post(url, follow=True).content.decode()
    row.refresh_from_db()
    assert row.ended_by == admin_user
    assert row.ends_at <= timezone.now()
    again = staff.post(url, follow=True).content.decode()
    assert "Nothing was changed. It is over." in again
    assert url not in staff.get(change_url(row)).content.decode()


def test_what_runs_and_what_is_over_are_told_apart(staff: Client, admin_user: User) -> None:
    silence(a_rule(name="Runs"), "", in_hours(2), "r", by=admin_user)
    Silence.objects.create(
        rule=a_rule(name="Past"), reason="r", starts_at=in_hours(-2), ends_at=in_hours(-1)
    )
    running = staff.get(changelist_url(Silence, state="running")).context["cl"].result_list
    over = staff.get(changelist_url(Silence, state="over")).context["cl"].result_list
    assert [str(row) for row in running] == ["Runs"]
    assert [str(row) for row in over] == ["Past"]
