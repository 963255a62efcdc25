"""The runbooks in the admin: their page, the way to it, and where alerts and rules show them."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url, changelist_url
from monitoring.models import AlertRule
from monitoring.runbooks import read_runbooks
from tests.monitoring.alerts import a_rule, an_alert

PAGE = reverse("admin:monitoring_runbooks")
HREF = re.compile(r'href="([^"]+)"')
MEANS = "were answered with 5xx"


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.fixture
def _no_document(settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path


def test_the_page_has_each_section_and_a_link_to_it(viewer: Client) -> None:
    content, runbooks = page(viewer, PAGE), read_runbooks()
    assert runbooks is not None
    for section in runbooks.sections:
        assert content.count(f'id="{section.anchor}"') == 1
        assert f'href="#{section.anchor}"' in content
        assert section.text in content
    assert f'href="{PAGE}"' in page(viewer, reverse("admin:index"))


def test_every_link_of_them_opens_for_who_may_look_and_do_nothing(viewer: Client) -> None:
    runbooks = read_runbooks()
    assert runbooks is not None
    texts = [runbooks.introduction, *(section.text for section in runbooks.sections)]
    links = {link for text in texts for link in HREF.findall(text)}
    anchors = {section.anchor for section in runbooks.sections}
    for link in links:
        place, _, anchor = link.partition("#")
        page(viewer, place)
        assert not anchor or (place, anchor in anchors) == (PAGE, True)
    assert {reverse("admin:monitoring_system"), f"{PAGE}#how-to-roll-back"} <= links


def test_its_address_in_messages_leads_to_the_section_after_signing_in(
    client: Client, admin_user: User
) -> None:
    way = reverse("admin:monitoring_runbook", args=["disk-free"])
    asked = client.get(way)
    assert asked["Location"].startswith(reverse("admin:login"))
    admin_user.set_password("of a test")
    admin_user.save()
    answers = {"username": admin_user.username, "password": "of a test"}
    assert client.post(asked["Location"], answers)["Location"] == way
    assert client.get(way)["Location"] == f"{PAGE}#disk-free"


@pytest.mark.parametrize("anchor", ["no-such", "%0aX: y", "é", "..", "%00", "%23a"])
def test_no_anchor_leads_elsewhere(staff: Client, anchor: str) -> None:
    response = staff.get(f"{PAGE}{anchor}/")
    assert response.status_code in (302, 404)
    assert response.get("Location", PAGE).startswith(PAGE)


def test_who_may_not_see_alerts_is_sent_nowhere(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("nil", is_staff=True))
    assert client.get(reverse("admin:monitoring_runbook", args=["cpu"])).status_code == 403


def test_the_page_of_an_alert_shows_the_section_of_its_rule_alone(viewer: Client) -> None:
    content = page(viewer, change_url(an_alert(AlertRule.objects.get(key="error-rate"))))
    assert MEANS in content
    assert f'href="{PAGE}#how-to-roll-back"' in content
    assert "no worker process was heard" not in content
    other = page(viewer, change_url(an_alert(AlertRule.objects.get(key="cpu"))))
    assert MEANS not in other


@pytest.mark.parametrize(
    ("runbook", "shown"),
    [
        ("https://wiki.example/errors", 'href="https://wiki.example/errors"'),
        ("docs/runbooks.md", f'href="{PAGE}">docs/runbooks.md</a>'),
        ("docs/runbooks.md#gone", f'href="{PAGE}#gone">docs/runbooks.md#gone</a>'),
        ("docs/operations.md#drift", ">docs/operations.md#drift</dd>"),
        ("", ""),
    ],
)
def test_a_runbook_that_is_no_section_is_a_link_or_a_name(
    staff: Client, runbook: str, shown: str
) -> None:
    rule = a_rule(runbook_url=runbook)
    content = page(staff, change_url(an_alert(rule)))
    assert shown in content
    assert ("What to do" in content) == bool(runbook)
    page(staff, change_url(rule))


def test_a_rule_leads_to_its_runbook_from_the_list_and_from_its_page(viewer: Client) -> None:
    rule = AlertRule.objects.get(key="disk-free")
    leads = f'href="{PAGE}#disk-free">Runbook “Disk free”</a>'
    assert leads in page(viewer, changelist_url(AlertRule))
    assert leads in page(viewer, change_url(rule))


@pytest.mark.usefixtures("_no_document")
def test_without_the_document_the_pages_say_so_and_go_on(staff: Client) -> None:
    assert "There are no runbooks here" in page(staff, PAGE)
    rule = AlertRule.objects.get(key="error-rate")
    named = f'href="{PAGE}#error-rate">docs/runbooks.md#error-rate</a>'
    assert named in page(staff, change_url(an_alert(rule)))
    assert named in page(staff, change_url(rule))
    assert named in page(staff, changelist_url(AlertRule))
