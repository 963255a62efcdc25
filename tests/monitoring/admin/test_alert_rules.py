"""Alert rules: what one would have done is shown before it is saved, and nothing else is."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classifier.admin.cells import change_url, changelist_url
from monitoring.models import Alert, AlertRule
from tests.monitoring.alerts import a_rule, an_alert
from tests.monitoring.snapshots import BAD, FINE, MINUTE, errors

ADD = "admin:monitoring_alertrule_add"
PREVIEW = "admin:monitoring_alertrule_preview"
FORM = {
    "name": "Errors",
    "key": "errors",
    "description": "",
    "measure": "error_rate",
    "by": "",
    "label": "",
    "condition": "above",
    "thresholds": "absolute",
    "warning": "0.05",
    "critical": "0.2",
    "reference_days": "28",
    "window_minutes": "1",
    "for_minutes": "2",
    "keep_firing_minutes": "2",
    "minimum_samples": "0",
    "runbook_url": "",
    "is_enabled": "on",
}


def preview(client: Client, **changes: Any) -> str:
    response = client.get(reverse(PREVIEW), {**FORM, **changes})
    assert response.status_code == 200
    return response.content.decode()


def an_hour_of_errors() -> None:
    """Fine, but for ten minutes in the middle."""
    start = timezone.now().replace(second=0, microsecond=0) - 60 * MINUTE
    for number in range(58):
        errors(BAD if 20 <= number < 30 else FINE, start + number * MINUTE)


def test_a_rule_is_saved_as_it_was_given(staff: Client) -> None:
    staff.post(reverse(ADD), {**FORM, "runbook_url": "docs/runbooks.md#error-rate"})
    rule = AlertRule.objects.get(key="errors")
    assert (rule.warning, rule.critical, rule.is_builtin) == (0.05, 0.2, False)
    assert rule.runbook_url == "docs/runbooks.md#error-rate"


def test_the_preview_says_how_often_it_would_have_fired_and_saves_nothing(staff: Client) -> None:
    an_hour_of_errors()
    said = preview(staff)
    assert "Would have fired once in the last 14 days." in said
    assert "data-threshold-chart" in said
    assert "The numbers" in said
    assert "Would not have fired" in preview(staff, warning="0.5", critical="0.9")
    assert not AlertRule.objects.filter(key="errors").exists()


def test_the_preview_of_a_change_leaves_the_rule_as_it_is(staff: Client) -> None:
    an_hour_of_errors()
    rule = a_rule(key="errors", warning=0.5, critical=0.9)
    assert "Would have fired once" in preview(staff, rule=rule.pk)
    rule.refresh_from_db()
    assert (rule.warning, rule.critical) == (0.5, 0.9)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"warning": "", "critical": ""}, "Give a threshold at least"),
        ({"warning": "0.5", "critical": "0.1"}, "It must be worse than the warning."),
        ({"by": "process"}, "is not split by that."),
        ({"label": "v1"}, "Say what it is a label of"),
        ({"measure": "nothing"}, "Select a valid choice."),
        ({"runbook_url": "javascript:alert(1)"}, "Neither an address nor a document."),
        ({"warning": "nan"}, "Enter a number."),
        ({"warning": "1e999"}, "Enter a number."),
        ({"window_minutes": "0"}, "greater than or equal to 1"),
        ({"for_minutes": "999999"}, "less than or equal to 1440"),
        ({"reference_days": "9" * 30}, "less than or equal to 180"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_before_it_is_tried_and_when_it_is_saved(
    staff: Client, changes: dict[str, str], says: str
) -> None:
    assert says in preview(staff, **changes)
    assert says in staff.post(reverse(ADD), {**FORM, **changes}).content.decode()
    assert not AlertRule.objects.filter(key="errors").exists()


def test_a_measure_that_was_not_chosen_is_asked_for_once(staff: Client) -> None:
    errors = staff.post(reverse(ADD), {**FORM, "measure": ""}).context["adminform"].form.errors
    assert errors == {"measure": ["This field is required."]}


def test_a_preview_that_cannot_be_names_the_fields_as_the_page_does(staff: Client) -> None:
    said = preview(staff, keep_firing_minutes="-1")
    assert "<li>Keep firing for: Ensure this value is greater than or equal to 0.</li>" in said


def test_a_rule_of_a_measure_that_is_gone_can_be_read_and_put_on_another(staff: Client) -> None:
    rule = a_rule(key="old", measure="of_an_old_release", state="broken")
    content = staff.get(change_url(rule)).content.decode()
    assert "of_an_old_release (there is no such measure)" in content
    refused = staff.post(change_url(rule), {**FORM, "measure": "of_an_old_release"})
    assert "There is no such measure." in refused.content.decode()
    staff.post(change_url(rule), FORM)
    rule.refresh_from_db()
    assert (rule.measure, rule.key) == ("error_rate", "old")


def test_its_key_stays_as_receivers_know_it(staff: Client) -> None:
    rule = a_rule(key="old")
    staff.post(change_url(rule), {**FORM, "key": "new"})
    rule.refresh_from_db()
    assert (rule.key, rule.name) == ("old", "Errors")


def test_a_rule_is_deleted_only_where_it_is_ones_own_and_nothing_names_it(staff: Client) -> None:
    builtin, named, own = a_rule(is_builtin=True), a_rule(), a_rule()
    an_alert(named)
    for rule, status in ((builtin, 403), (named, 403), (own, 302)):
        url = change_url(rule).replace("/change/", "/delete/")
        assert staff.post(url, {"post": "yes"}).status_code == status
    assert set(AlertRule.objects.filter(pk__in=[builtin.pk, named.pk, own.pk])) == {builtin, named}


def test_rules_are_switched_in_the_list_each_with_its_history(staff: Client) -> None:
    rules = [a_rule(), a_rule(is_enabled=False)]
    chosen = [rule.pk for rule in rules]
    act = {"action": "switch_off", "_selected_action": chosen}
    content = staff.post(changelist_url(AlertRule), act, follow=True).content.decode()
    assert "Switched off: 1." in content
    assert not AlertRule.objects.filter(pk__in=chosen).enabled().exists()
    assert [rule.history.count() for rule in rules] == [2, 1]


def test_the_list_shows_the_state_the_thresholds_and_the_alerts(staff: Client) -> None:
    rule = a_rule(name="Slow", state="firing")
    an_alert(rule)
    content = staff.get(changelist_url(AlertRule)).content.decode()
    assert "above 5% (warning), 20% (critical)" in content
    assert changelist_url(Alert, rule__id__exact=rule.pk) in content


def test_the_list_costs_as_many_queries_however_many_rules_there_are(
    staff: Client, django_assert_max_num_queries: Any
) -> None:
    staff.get(changelist_url(AlertRule))
    for _ in range(10):
        a_rule()
    with django_assert_max_num_queries(9):
        staff.get(changelist_url(AlertRule))
