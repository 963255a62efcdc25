"""The list of alerts and the page of each: what is wrong, since when, why, and who was told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.admin.cells import change_url, changelist_url
from monitoring.models import Alert, AlertRule, Notification, Silence
from monitoring.services.episodes import acknowledge
from monitoring.services.news import write_due
from tests.monitoring.alerts import a_rule, an_alert
from tests.monitoring.snapshots import errors
from tests.monitoring.webhooks import a_receiver

EVIDENCE: dict[str, Any] = {
    "measure": "error_rate",
    "name": "Error rate",
    "unit": "share",
    "label": "",
    "at": "2026-03-05T12:00:00+00:00",
    "value": 0.3,
    "condition": "above",
    "warning": 0.05,
    "critical": 0.2,
    "samples": 512,
    "minimum_samples": 0,
    "window_minutes": 5,
    "for_minutes": 2,
    "points": [
        {"at": "2026-03-05T11:58:00+00:00", "value": 0.01, "count": 100},
        {"at": "2026-03-05T11:59:00+00:00", "value": 0.3, "count": 100},
    ],
    "version": "v7",
}


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def hours_ago(number: float) -> Any:
    return timezone.now() - timedelta(hours=number)


def test_what_fires_stands_first_then_what_is_pending_then_the_newest_that_is_over(
    staff: Client,
) -> None:
    names = ["over long ago", "fires", "pending", "over lately"]
    statuses = ["resolved", "firing", "pending", "resolved"]
    for name, status in zip(names, statuses, strict=True):
        over = hours_ago(1) if status == "resolved" else None
        an_alert(a_rule(name=name), status=status, text=f"It {name}.", resolved_at=over)
    listed = page(staff, changelist_url(Alert)).split('id="changelist-form"')[1]
    places = [listed.index(f"It {name}.") for name in (names[1], names[2], names[3], names[0])]
    assert places == sorted(places)


def test_the_list_costs_as_many_queries_however_many_alerts_there_are(
    staff: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    staff.get(changelist_url(Alert))
    for number in range(12):
        an_alert(a_rule(name=f"rule {number}"))
    with django_assert_max_num_queries(11):
        staff.get(changelist_url(Alert))


def test_the_timeline_has_a_line_for_each_rule_and_a_table_that_says_the_same(
    staff: Client,
) -> None:
    rule = a_rule(name="Slow answers")
    for number in (30, 60):
        an_alert(
            rule, status="resolved", started_at=hours_ago(number), fired_at=hours_ago(number),
            resolved_at=hours_ago(number - 2),
        )  # fmt: skip
    content = page(staff, changelist_url(Alert))
    assert 'aria-label="Slow answers: 2 episodes.' in content
    assert content.count("episode-bar episode-warning") == 2
    assert "2 h" in content
    assert page(staff, changelist_url(Alert, days=1)).count("episode-bar") == 0


@pytest.mark.parametrize("days", ["1", "30", "x", "9999999999", ""])
def test_no_number_of_days_breaks_the_list(staff: Client, days: str) -> None:
    an_alert()
    assert staff.get(changelist_url(Alert, days=days), follow=True).status_code == 200


def test_a_silenced_alert_is_marked_in_the_list(staff: Client, admin_user: User) -> None:
    an_alert(label="a")
    assert ">Silenced<" not in page(staff, changelist_url(Alert)).replace("\n", "")
    Silence.objects.create(label="a", reason="r", starts_at=hours_ago(1), ends_at=hours_ago(-1))
    assert "Silenced" in page(staff, changelist_url(Alert)).split('id="changelist-form"')[1]


def test_the_page_says_what_is_wrong_since_when_and_what_was_seen(staff: Client) -> None:
    alert = an_alert(
        a_rule(description="Answers with 5xx.", runbook_url="https://wiki.example/errors"),
        text="Error rate is 30%, above 20% over 5 minutes.",
        severity="critical",
        value=0.27,
        evidence=EVIDENCE,
    )
    content = page(staff, change_url(alert))
    for said in (
        "Error rate is 30%, above 20% over 5 minutes.",
        "Answers with 5xx.",
        "https://wiki.example/errors",
        "27%",
        "512",
        "v7",
        "It is a warning above 5% and critical above 20%.",
    ):
        assert said in content


def test_what_a_learned_threshold_was_learned_from_is_said(staff: Client) -> None:
    reference = {"mean": 0.01, "deviation": 0.004, "count": 4, "days": 28}
    alert = an_alert(evidence={**EVIDENCE, "reference": reference})
    content = page(staff, change_url(alert))
    assert "1% ± 0.4%, learned from 4 hours" in content


def test_the_chart_is_of_the_snapshots_around_the_moment(staff: Client) -> None:
    alert = an_alert(started_at=hours_ago(1), fired_at=hours_ago(1), evidence=EVIDENCE)
    errors(0.4, hours_ago(0.9).replace(second=0, microsecond=0))
    content = page(staff, change_url(alert))
    assert '"values": [40.0]' in content
    assert '"warning": [5.0]' in content


def test_the_chart_is_of_the_evidence_where_the_snapshots_are_gone(staff: Client) -> None:
    content = page(staff, change_url(an_alert(evidence=EVIDENCE)))
    assert '"values": [1.0, 30.0]' in content


def test_an_alert_of_a_measure_that_no_longer_exists_has_its_page(staff: Client) -> None:
    gone = a_rule(measure="of_an_old_release")
    page(staff, change_url(an_alert(gone, evidence=EVIDENCE)))
    page(staff, change_url(an_alert(gone, label="other")))
    page(staff, changelist_url(Alert))


def test_what_changed_just_before_is_named_with_a_link_for_who_may_follow_it(
    staff: Client, admin_user: User, client: Client
) -> None:
    rule = a_rule(name="Queue")
    rule.history.update(history_date=hours_ago(2))
    alert = an_alert(a_rule(), started_at=hours_ago(1), fired_at=hours_ago(1))
    content = page(staff, change_url(alert))
    assert "Alert rule Queue: made" in content
    assert change_url(rule) in content


def test_who_was_told_is_named_with_what_came_of_it(staff: Client, viewer: Client) -> None:
    alert = an_alert()
    receiver = a_receiver(name="On call")
    write_due(timezone.now())
    Notification.objects.update(status="failed", answer="503 not now")
    for client in (staff, viewer):
        content = page(client, change_url(alert))
        assert "On call" in content
        assert "Failed" in content
        # What it answered is for who may see receivers.
        assert ("503 not now" in content) == (client is staff)
        assert receiver.url not in content
        assert receiver.secret not in content


def test_breaches_of_experiments_lead_to_what_guard_rails_saw(staff: Client) -> None:
    breach = {"experiment": "exp-1", "text": "Latency is worse.", "since": EVIDENCE["at"]}
    alert = an_alert(
        a_rule(measure="guardrail_stops"), evidence={**EVIDENCE, "experiments": [breach]}
    )
    content = page(staff, change_url(alert))
    assert "Latency is worse." in content
    assert reverse("admin:experiments_guardrailalert_changelist") in content


def test_buttons_are_those_that_the_state_allows(
    staff: Client, admin_user: User, viewer: Client
) -> None:
    alert = an_alert()

    def offered(client: Client) -> set[str]:
        content = page(client, change_url(alert))
        acts = ("acknowledge", "unacknowledge", "comment", "silence")
        return {act for act in acts if f'/{alert.pk}/{act}/"' in content}

    assert offered(staff) == {"acknowledge", "comment", "silence"}
    assert offered(viewer) == set()
    acknowledge(alert, admin_user)
    assert offered(staff) == {"unacknowledge", "comment", "silence"}
    Alert.objects.update(status="resolved", resolved_at=timezone.now())
    assert offered(staff) == {"comment"}


def test_the_page_costs_as_many_queries_however_much_has_happened(
    staff: Client, admin_user: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    alert = an_alert(evidence=EVIDENCE)
    staff.get(change_url(alert))
    for _ in range(3):
        a_receiver()
        acknowledge(alert, admin_user)
        AlertRule.objects.create(key=f"k{_}", name="n", measure="cpu", condition="above")
    write_due(timezone.now())
    with django_assert_max_num_queries(24):
        staff.get(change_url(alert))


@pytest.mark.parametrize("pk", ["0", "999", "x", "%00"])
def test_an_alert_that_is_not_there_is_not_found(staff: Client, pk: str) -> None:
    url = reverse("admin:monitoring_alert_changelist")
    assert staff.get(f"{url}{pk}/change/").status_code == 404
    assert staff.get(f"{url}{pk}/silence/").status_code == 404


def test_an_alert_is_told_as_it_was_though_its_rule_judges_something_else_now(
    staff: Client,
) -> None:
    rule = a_rule()
    alert = an_alert(
        rule, status="resolved", resolved_at=timezone.now(), value=0.27, evidence=EVIDENCE
    )
    AlertRule.objects.filter(pk=rule.pk).update(
        measure="memory", condition="below", warning=2**31, critical=2**30, by="process"
    )
    content = page(staff, change_url(alert))
    for said in ("Error rate, last seen", "27%", "a warning above 5% and critical above 20%"):
        assert said in content
    assert "MiB" not in content
    assert "27%" in page(staff, changelist_url(Alert))


def test_an_alert_that_never_fired_is_told_as_its_rule_is_if_there_is_such_a_measure(
    staff: Client,
) -> None:
    rule = a_rule()
    alert = an_alert(rule, status="pending", fired_at=None, value=0.07)
    assert "Error rate, last seen" in page(staff, change_url(alert))
    AlertRule.objects.filter(pk=rule.pk).update(measure="gone")
    assert "last seen" not in page(staff, change_url(alert))
