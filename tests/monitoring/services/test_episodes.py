"""What people do with an episode is kept, and contradicts nothing that is stored."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from monitoring.exceptions import ConflictError, InvalidError
from monitoring.models import Alert, AlertEvent
from monitoring.services.episodes import acknowledge, comment, unacknowledge
from tests.monitoring.alerts import an_alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")


def kinds(alert: Alert) -> list[str]:
    return [event.kind for event in alert.events.all()]


def test_an_acknowledgement_says_who_and_when(ann: User) -> None:
    alert = an_alert()
    acknowledge(alert, ann, " I look. ")
    assert alert.acknowledged_by == ann
    assert alert.acknowledged_at is not None
    event = alert.events.get()
    assert (event.kind, event.by, event.text) == ("acknowledged", ann, "I look.")


def test_a_second_one_of_the_same_person_changes_nothing(ann: User) -> None:
    alert = an_alert()
    acknowledge(alert, ann)
    first = alert.acknowledged_at
    acknowledge(alert, ann)
    assert alert.acknowledged_at == first
    assert kinds(alert) == ["acknowledged"]


def test_what_another_has_acknowledged_is_left_to_her(ann: User, ben: User) -> None:
    alert = an_alert()
    acknowledge(alert, ann)
    with pytest.raises(ConflictError, match="ann has acknowledged it"):
        acknowledge(alert, ben)
    assert alert.acknowledged_by == ann


def test_who_sees_an_older_state_changes_nothing(ann: User) -> None:
    alert = an_alert()
    Alert.objects.update(status=Alert.Status.RESOLVED, resolved_at=timezone.now())
    with pytest.raises(ConflictError, match="It is over"):
        acknowledge(alert, ann)
    with pytest.raises(ConflictError, match="It is over"):
        unacknowledge(alert, ann)
    assert kinds(alert) == []


def test_it_can_be_taken_back(ann: User, ben: User) -> None:
    alert = an_alert()
    with pytest.raises(ConflictError, match="Nobody has"):
        unacknowledge(alert, ben)
    acknowledge(alert, ann)
    unacknowledge(alert, ben)
    assert alert.acknowledged_at is None
    assert alert.acknowledged_by is None
    assert kinds(alert) == ["acknowledged", "unacknowledged"]


def test_what_is_over_can_be_commented(ann: User) -> None:
    alert = an_alert(status=Alert.Status.RESOLVED, resolved_at=timezone.now() - timedelta(hours=1))
    comment(alert, ann, "It was the deploy.")
    assert AlertEvent.objects.get().text == "It was the deploy."


@pytest.mark.parametrize(("text", "says"), [("  ", "Write something"), ("x" * 1001, "1001 char")])
def test_a_comment_is_neither_empty_nor_endless(ann: User, text: str, says: str) -> None:
    with pytest.raises(InvalidError, match=says):
        comment(an_alert(), ann, text)
    assert not AlertEvent.objects.exists()
