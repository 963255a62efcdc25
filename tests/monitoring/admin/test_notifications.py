"""Notifications are a log: what was tried, when, and what came of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from classifier.admin.cells import change_url, changelist_url
from monitoring.models import Notification
from monitoring.services.deliveries import send_due
from monitoring.services.news import write_due
from monitoring.services.receivers import request_test
from tests.monitoring.alerts import a_rule, an_alert
from tests.monitoring.webhooks import SECRET, Hook, a_receiver, answering


def test_an_attempt_says_what_it_told_and_leads_to_the_others(staff: Client, hook: Hook) -> None:
    alert = an_alert(text="Error rate is 30%.")
    a_receiver(hook.url)
    hook.behave = answering(503)
    now = timezone.now()
    write_due(now)
    send_due(lambda: now)
    first, second = Notification.objects.order_by("attempt")
    content = staff.get(change_url(first)).content.decode()
    assert "503 said" in content
    assert "Error rate is 30%." in content
    assert change_url(alert) in content
    assert change_url(second) in content
    assert "Tried once; tried again at" in staff.get(change_url(second)).content.decode()
    assert SECRET not in content


@pytest.mark.parametrize("answer", ["550 <ann@bank.example>: unknown", "Handed over."])
def test_what_a_receiver_answered_is_for_who_may_see_receivers(
    viewer: Client, admin_client: Client, answer: str
) -> None:
    alert = an_alert()
    a_receiver()
    (row,) = write_due(timezone.now())
    Notification.objects.update(status="failed", answer=answer)
    for url in (changelist_url(Notification), change_url(row), change_url(alert)):
        assert escape(answer) in admin_client.get(url).content.decode(), url
        content = viewer.get(url).content.decode()
        assert "Shown to who may see receivers" in content, url
        assert escape(answer) not in content, url


def test_why_a_message_was_not_sent_at_all_is_for_everybody(viewer: Client) -> None:
    an_alert()
    a_receiver()
    (row,) = write_due(timezone.now())
    Notification.objects.update(status="dropped", answer="A newer message says it.")
    assert "A newer message says it." in viewer.get(change_url(row)).content.decode()


def test_an_answer_that_is_not_shown_cannot_be_searched_for(
    viewer: Client, admin_client: Client
) -> None:
    row = request_test(a_receiver(), by=None)
    Notification.objects.update(status="failed", answer="550 <ann@bank.example>: unknown")
    search = changelist_url(Notification, q="ann@bank.example")
    assert change_url(row) in admin_client.get(search).content.decode()
    assert change_url(row) not in viewer.get(search).content.decode()
    assert viewer.get(changelist_url(Notification, answer__contains="ann@")).status_code == 400


def test_of_a_flood_the_first_are_named_and_the_rest_counted(viewer: Client) -> None:
    rule = a_rule()
    for number in range(25):
        an_alert(rule, label=str(number))
    a_receiver()
    (row,) = write_due(timezone.now() + timedelta(minutes=1))
    assert "And 5 more." in viewer.get(change_url(row)).content.decode()


def test_a_test_is_named_as_one(viewer: Client) -> None:
    row = request_test(a_receiver(), by=None)
    assert "It is a test: nothing is wrong." in viewer.get(change_url(row)).content.decode()


def test_the_list_costs_as_many_queries_however_many_there_are(
    viewer: Client, django_assert_max_num_queries: Any
) -> None:
    viewer.get(changelist_url(Notification))
    for _ in range(10):
        request_test(a_receiver(), by=None)
    with django_assert_max_num_queries(12):
        viewer.get(changelist_url(Notification))
