"""A silence covers what it says, until it ends."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from monitoring.exceptions import ConflictError, InvalidError
from monitoring.models import Alert, AlertRule, Silence
from monitoring.services.silences import active_silences, end_silence, is_silenced, silence
from tests.monitoring.alerts import a_rule, an_alert
from tests.monitoring.snapshots import BAD, MINUTE, NOON, watch

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


def test_it_begins_at_once_and_ends_by_itself(ann: User) -> None:
    now = timezone.now()
    made = silence(None, "", now + HOUR, "Upgrade", ann)
    assert active_silences(timezone.now()) == [made]
    assert active_silences(now + HOUR) == []
    assert active_silences(now - HOUR) == []


def test_it_covers_one_label_of_one_rule_or_more(ann: User) -> None:
    rule, other = a_rule(), a_rule()
    until = timezone.now() + HOUR
    of_label = silence(rule, "v1", until, "r", ann)
    of_rule = silence(rule, "", until, "r", ann)
    of_all = silence(None, "", until, "r", ann)
    alert = Alert(rule=rule, label="v1")
    assert is_silenced(alert, [of_label])
    assert not is_silenced(Alert(rule=rule, label="v2"), [of_label])
    assert is_silenced(Alert(rule=rule, label="v2"), [of_label, of_rule])
    assert not is_silenced(Alert(rule=other, label="v1"), [of_label, of_rule])
    assert is_silenced(Alert(rule=other, label="v1"), [of_all])
    assert not is_silenced(alert, [])


def test_the_open_alerts_that_it_covers_say_so(ann: User) -> None:
    covered, other = an_alert(), an_alert()
    over = an_alert(covered.rule, label="x", status=Alert.Status.RESOLVED)
    made = silence(covered.rule, "", timezone.now() + HOUR, "Upgrade", ann)
    end_silence(made, ann)
    assert [(event.kind, event.by) for event in covered.events.all()] == [("silenced", ann)] * 2
    assert not other.events.exists()
    assert not over.events.exists()


def test_somebody_can_end_it_before_its_time_once(ann: User) -> None:
    made = silence(None, "", timezone.now() + HOUR, "Upgrade", ann)
    end_silence(made, ann)
    assert made.ended_by == ann
    assert active_silences(timezone.now()) == []
    with pytest.raises(ConflictError, match="It is over"):
        end_silence(made, ann)


@pytest.mark.parametrize(
    ("hours", "reason", "field"), [(-1, "r", "until"), (1, " ", "reason"), (1, "x" * 301, "reason")]
)
def test_what_cannot_be_taken_is_refused_by_its_name(
    ann: User, hours: int, reason: str, field: str
) -> None:
    with pytest.raises(InvalidError) as caught:
        silence(None, "", timezone.now() + hours * HOUR, reason, ann)
    assert caught.value.field == field
    assert not Silence.objects.exists()


def test_one_that_begins_to_fire_while_it_is_silenced_says_so(ann: User) -> None:
    AlertRule.objects.all().delete()
    rule = a_rule(for_minutes=1)
    silence(rule, "", timezone.now() + HOUR, "Upgrade", ann)
    watch([BAD])
    alert = Alert.objects.get()
    assert not alert.events.filter(kind="silenced").exists()
    watch([BAD], NOON + MINUTE)
    assert alert.events.filter(kind="silenced").count() == 1
