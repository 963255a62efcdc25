"""A rule that cannot be judged says why, and holds up nobody."""

import pytest
from django.core.exceptions import ValidationError

from monitoring.models import Alert, AlertRule
from monitoring.services.alerting import evaluate_due
from tests.monitoring.alerts import a_rule
from tests.monitoring.snapshots import BAD, FINE, watch

pytestmark = pytest.mark.django_db
State = AlertRule.State


@pytest.fixture(autouse=True)
def no_other_rules() -> None:
    AlertRule.objects.all().delete()


def test_a_measure_that_is_gone_breaks_its_rule_alone() -> None:
    gone, other = a_rule(measure="gone"), a_rule(for_minutes=0)
    watch([BAD])
    gone.refresh_from_db()
    other.refresh_from_db()
    assert (gone.state, gone.state_text) == (State.BROKEN, "There is no measure “gone”.")
    assert other.state == State.FIRING


def test_its_open_alert_stays_open_and_says_so_once() -> None:
    rule = a_rule(for_minutes=0)
    end = watch([BAD])
    AlertRule.objects.filter(pk=rule.pk).update(measure="gone")
    watch([FINE] * 5, end)
    alert = Alert.objects.get()
    assert alert.status == Alert.Status.FIRING
    assert alert.text.startswith("Cannot be judged any more: There is no measure “gone”. Error")
    assert alert.events.filter(kind="comment").count() == 1


def test_a_rule_that_was_mended_goes_on_with_its_alert() -> None:
    rule = a_rule(for_minutes=0, keep_firing_minutes=0)
    end = watch([BAD])
    AlertRule.objects.filter(pk=rule.pk).update(measure="gone")
    end = watch([FINE], end)
    AlertRule.objects.filter(pk=rule.pk).update(measure="error_rate")
    watch([FINE], end)
    assert Alert.objects.get().status == Alert.Status.RESOLVED
    rule.refresh_from_db()
    assert rule.state == State.OK


def test_an_alert_ends_where_its_rule_is_put_on_another_measure() -> None:
    rule = a_rule(for_minutes=0)
    end = watch([BAD])
    AlertRule.objects.filter(pk=rule.pk).update(measure="request_rate", warning=1)
    watch([BAD], end)
    over, anew = Alert.objects.order_by("pk")
    assert (over.status, anew.status) == (Alert.Status.RESOLVED, Alert.Status.FIRING)
    assert over.events.filter(text="The rule judges another measure now.").exists()
    assert over.value == BAD
    assert anew.value == pytest.approx(100 / 60)


def test_a_split_that_its_series_has_not_breaks_it() -> None:
    rule = a_rule(by="kind")
    evaluate_due()
    rule.refresh_from_db()
    assert (rule.state, rule.state_text) == (
        State.BROKEN,
        "“Error rate” is not split by kind.",
    )


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"measure": "gone"}, "measure"),
        ({"by": "kind"}, "by"),
        ({"label": "v1"}, "label"),
        ({"warning": None, "critical": None}, "warning"),
        ({"warning": float("inf")}, "warning"),
        ({"critical": float("nan")}, "critical"),
        ({"critical": 0.01}, "critical"),
        ({"thresholds": "learned", "warning": -1}, "warning"),
        ({"thresholds": "learned", "warning": 1, "critical": 1e308}, "critical"),
        ({"condition": "below", "critical": -1e16}, "critical"),
        ({"runbook_url": "javascript:alert(1)"}, "runbook_url"),
        ({"runbook_url": "docs/../../etc/passwd"}, "runbook_url"),
    ],
)
def test_a_rule_that_could_not_be_judged_is_not_saved(fields: dict[str, object], name: str) -> None:
    rule = a_rule()
    for field, value in fields.items():
        setattr(rule, field, value)
    with pytest.raises(ValidationError) as caught:
        rule.full_clean()
    assert name in caught.value.message_dict


@pytest.mark.parametrize("runbook", ["docs/runbooks.md#error-rate", "https://wiki.example/a?b=c"])
def test_a_runbook_is_an_address_or_a_document(runbook: str) -> None:
    a_rule(runbook_url=runbook).full_clean()
