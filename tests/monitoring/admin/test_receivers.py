"""Receivers: a secret goes in and never comes out, and the test of one takes the way of alerts."""

from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url, changelist_url
from monitoring.models import Notification, Receiver
from monitoring.services.notifications import deliver
from tests.monitoring.webhooks import SECRET, Hook, a_receiver, answering, is_signed

ADD = "admin:monitoring_receiver_add"
FORM = {
    "name": "On call",
    "kind": "webhook",
    "addresses": "",
    "url": "https://1.1.1.1/hook",
    "given_secret": SECRET,
    "minimum_severity": "warning",
    "sends_resolved": "on",
    "group_wait_seconds": "30",
    "repeat_minutes": "240",
    "is_enabled": "on",
}


def add(client: Client, **changes: Any) -> str:
    response = client.post(reverse(ADD), {**FORM, **changes}, follow=True)
    return str(response.content.decode())


def test_a_secret_that_was_given_is_kept_and_shown_nowhere(staff: Client) -> None:
    add(staff)
    receiver = Receiver.objects.get()
    assert receiver.secret == SECRET
    history = change_url(receiver).replace("/change/", "/history/")
    pages = [change_url(receiver), changelist_url(Receiver), history]
    pages.append(f"{history}{receiver.history.get().pk}/")
    for url in pages:
        response = staff.get(url)
        assert response.status_code == 200, url
        assert SECRET not in response.content.decode(), url
    assert "One is kept." in staff.get(change_url(receiver)).content.decode()


def test_a_secret_is_kept_where_none_is_given_and_replaced_where_one_is(staff: Client) -> None:
    receiver = a_receiver("https://1.1.1.1/hook")
    staff.post(change_url(receiver), {**FORM, "given_secret": ""})
    receiver.refresh_from_db()
    assert (receiver.secret, receiver.name) == (SECRET, "On call")
    staff.post(change_url(receiver), {**FORM, "given_secret": "another of sixteen letters"})
    receiver.refresh_from_db()
    assert receiver.secret == "another of sixteen letters"


def test_a_secret_that_is_made_is_shown_once(staff: Client) -> None:
    content = add(staff, given_secret="", is_secret_made="on")
    receiver = Receiver.objects.get()
    assert len(receiver.secret) >= 40
    assert receiver.secret in content
    assert receiver.secret not in staff.get(change_url(receiver)).content.decode()


def test_all_that_is_wrong_is_said_at_once_and_each_thing_once(staff: Client) -> None:
    response = staff.post(
        reverse(ADD), {**FORM, "name": "", "url": "no address", "given_secret": "x"}
    )
    errors = response.context["adminform"].form.errors
    assert errors == {
        "name": ["This field is required."],
        "url": ["Enter a valid URL."],
        "given_secret": ["Give at least 16 characters."],
    }


def test_an_earlier_state_says_nothing_of_what_was_sent(staff: Client) -> None:
    receiver = a_receiver()
    url = change_url(receiver)
    assert "Sent last" in staff.get(url).content.decode()
    earlier = url.replace("/change/", f"/history/{receiver.history.get().pk}/")
    assert "Sent last" not in staff.get(earlier).content.decode()


def test_a_secret_is_in_no_form_that_comes_back_with_errors(staff: Client) -> None:
    content = add(staff, url="http://10.0.0.1/")
    assert "is not public" in content
    assert SECRET not in content


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": ""}, "A webhook needs an address."),
        ({"url": "ftp://1.1.1.1/"}, "It must begin with http"),
        ({"url": "https://a:b@1.1.1.1/"}, "do not belong in an address"),
        ({"url": "http://127.0.0.1:8000/"}, "127.0.0.1, which is not public"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "is not public"),
        ({"url": "http://169.254.169.254/latest/"}, "is not public"),
        ({"url": "https://nowhere.invalid/"}, "is not known"),
        ({"given_secret": ""}, "It is signed: give a secret"),
        ({"given_secret": "short"}, "Give at least 16 characters."),
        ({"is_secret_made": "on"}, "not both"),
        ({"kind": "email", "addresses": "a@b.example"}, "TXCAT_EMAIL_URL"),
        ({"kind": "pigeon"}, "Select a valid choice."),
        ({"group_wait_seconds": "3601"}, "less than or equal to 3600"),
        ({"repeat_minutes": "1"}, "greater than or equal to 5"),
        ({"repeat_minutes": "9" * 40}, "less than or equal to"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_a_receiver_that_cannot_be_told_is_refused_by_its_field(
    staff: Client, changes: dict[str, str], says: str
) -> None:
    assert says in add(staff, **changes)
    assert not Receiver.objects.exists()


def test_one_that_is_away_can_still_be_switched_off(staff: Client) -> None:
    receiver = a_receiver("https://nowhere.invalid/")
    off = {name: value for name, value in FORM.items() if name != "is_enabled"}
    staff.post(change_url(receiver), {**off, "url": receiver.url})
    receiver.refresh_from_db()
    assert not receiver.is_enabled


def test_what_its_kind_does_not_use_is_emptied(staff: Client, settings: Any) -> None:
    settings.EMAIL_SERVER = {"host": "mail.bank.example"}
    receiver = a_receiver("https://1.1.1.1/hook")
    staff.post(change_url(receiver), {**FORM, "kind": "email", "addresses": "a@b.example"})
    receiver.refresh_from_db()
    assert (receiver.kind, receiver.url, receiver.secret) == ("email", "", "")
    assert receiver.addresses == "a@b.example"


def test_a_test_is_sent_and_what_came_of_it_stands_on_the_page(staff: Client, hook: Hook) -> None:
    receiver = a_receiver(hook.url, name="On call")
    test = reverse("admin:monitoring_receiver_send_test", args=[receiver.pk])
    log = reverse("admin:monitoring_receiver_log", args=[receiver.pk])
    assert staff.get(test).status_code == 200
    assert not Notification.objects.exists()
    content = staff.post(test, follow=True).content.decode()
    assert "The test is on its way" in content
    assert f'hx-get="{log}"' in content
    deliver()
    content = staff.get(log).content.decode()
    assert "200 ok" in content
    assert "hx-get" not in content
    (heard,) = hook.heard
    assert is_signed(heard, SECRET)
    assert heard.document["kind"] == "test"


def test_a_test_that_fails_says_why(staff: Client, hook: Hook, settings: Any) -> None:
    receiver = a_receiver(hook.url)
    hook.behave = answering(401)
    test = reverse("admin:monitoring_receiver_send_test", args=[receiver.pk])
    staff.post(test)
    deliver()
    assert "401 said" in staff.get(change_url(receiver)).content.decode()
    settings.WEBHOOK_NETWORKS = [ip_network("10.0.0.0/8")]
    staff.post(test)
    deliver()
    assert "which is not public" in staff.get(change_url(receiver)).content.decode()


def test_a_receiver_that_was_sent_to_is_switched_off_and_not_deleted(staff: Client) -> None:
    told, new = a_receiver(), a_receiver()
    staff.post(reverse("admin:monitoring_receiver_send_test", args=[told.pk]))
    for receiver, status in ((told, 403), (new, 302)):
        url = change_url(receiver).replace("/change/", "/delete/")
        assert staff.post(url, {"post": "yes"}).status_code == status
    assert list(Receiver.objects.all()) == [told]


def test_who_may_only_look_sees_no_receiver(viewer: Client) -> None:
    receiver = a_receiver()
    for url in (
        changelist_url(Receiver),
        change_url(receiver),
        reverse("admin:monitoring_receiver_log", args=[receiver.pk]),
        reverse("admin:monitoring_receiver_send_test", args=[receiver.pk]),
    ):
        assert viewer.get(url).status_code == 403
        assert viewer.post(url).status_code == 403
    assert not Notification.objects.exists()


def test_the_list_costs_as_many_queries_however_many_receivers_there_are(
    staff: Client, django_assert_max_num_queries: Any
) -> None:
    staff.get(changelist_url(Receiver))
    for _ in range(10):
        a_receiver()
    with django_assert_max_num_queries(8):
        staff.get(changelist_url(Receiver))
