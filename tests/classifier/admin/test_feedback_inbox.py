"""The inbox of feedback: judged singly and in bulk, with conflicts before the click."""

import pytest
from django.test import Client
from django.urls import reverse

from classifier.models import Example, Feedback, FeedbackEvent, Rule
from classifier.services.examples import add_example
from classifier.services.feedback import FeedbackItem, record_feedback
from classifier.services.feedback_inbox import settle
from tests.classifier.admin.conftest import Make, Rows, classify

pytestmark = pytest.mark.django_db
INBOX = "admin:feedback_inbox"
Status = Feedback.Status


def say(text: str, category: str, user_id: str = "u9") -> Feedback:
    (prediction,) = classify(text)
    item = FeedbackItem(prediction_id=prediction.id, category=category, user_id=user_id)
    return record_feedback([item]).rows[0]


@pytest.fixture
def url(rows: Rows) -> str:
    Feedback.objects.all().delete()
    return reverse(INBOX)


def page_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def test_what_speaks_against_a_group_is_shown_before_the_click(staff: Client, url: str) -> None:
    for user in ("u1", "u2"):
        say("QWOP HARBOUR SHOP", "groceries", user)
    say("QWOP HARBOUR SHOP", "fast-food", "u3")
    add_example(category="coffee-shops", text="QWOP HARBOUR SHOP")
    page = page_of(staff, url)
    assert page.count('class="mb-2 inbox-conflict"') == 4
    assert "2 persons" in page
    assert "only 1 this" in page
    assert "An example says" in page


def test_one_group_is_accepted_by_its_own_button(staff: Client, url: str) -> None:
    feedback, other = say("QWOP HARBOUR SHOP", "groceries"), say("ZIBBLE FRANT", "fast-food")
    page = staff.post(url, {"one": f"example:{feedback.pk}"}, follow=True).content.decode()
    assert "Accepted as examples: 1." in page
    assert Example.objects.get(text="QWOP HARBOUR SHOP").category.slug == "groceries"
    assert Feedback.objects.get(pk=other.pk).status == Status.OPEN
    assert "qwop harbour shop" not in page_of(staff, url)


def test_many_are_judged_at_once_and_the_refused_say_why(staff: Client, url: str) -> None:
    chosen = [
        say("QWOP HARBOUR SHOP", "groceries", "u1"),
        say("QWOP HARBOUR SHOP", "fast-food", "u2"),
        say("ZIBBLE FRANT", "fast-food"),
    ]
    fields = {"all": "rule", "group": [str(each.pk) for each in chosen]}
    page = staff.post(url, fields, follow=True).content.decode()
    assert "Accepted as rules: 2." in page
    assert "Left as they are: 1." in page
    assert "A rule for “qwop harbour shop” is there" in page
    assert Rule.objects.filter(note="From feedback").count() == 2


def test_the_second_to_click_is_told(staff: Client, url: str) -> None:
    feedback = say("QWOP HARBOUR SHOP", "groceries")
    settle(feedback.pk, Status.REJECTED)
    page = staff.post(url, {"one": f"example:{feedback.pk}"}, follow=True).content.decode()
    assert "decided already: rejected" in page
    assert not Example.objects.filter(text="QWOP HARBOUR SHOP").exists()


def test_what_was_set_aside_is_opened_again(staff: Client, url: str) -> None:
    feedback = say("QWOP HARBOUR SHOP", "groceries")
    staff.post(url, {"one": f"rejected:{feedback.pk}"})
    aside = f"{url}?tab=decided"
    assert "qwop harbour shop" in page_of(staff, aside)
    staff.post(aside, {"one": f"reopen:{feedback.pk}"})
    assert "qwop harbour shop" in page_of(staff, url)
    assert [event.by.username for event in FeedbackEvent.objects.all() if event.by] == ["ada"] * 2


@pytest.mark.parametrize(
    "fields",
    [{}, {"all": "example"}, {"one": "example:x"}, {"one": f"example:{2**70}"}, {"all": "nothing"}],
)
def test_an_odd_post_changes_nothing(staff: Client, url: str, fields: dict[str, str]) -> None:
    say("QWOP HARBOUR SHOP", "groceries")
    page = staff.post(url, fields, follow=True).content.decode()
    assert "Choose what to decide about, then how." in page
    assert Feedback.objects.get().status == Status.OPEN


def test_who_may_only_look_sees_no_buttons(client: Client, make_staff: Make, url: str) -> None:
    feedback = say("QWOP HARBOUR SHOP", "groceries")
    client.force_login(make_staff("classifier.view_feedback"))
    page = page_of(client, url)
    assert "qwop harbour shop" in page
    assert 'name="one"' not in page
    assert client.post(url, {"one": f"rejected:{feedback.pk}"}).status_code == 403


def test_who_may_judge_needs_no_more(client: Client, make_staff: Make, url: str) -> None:
    feedback = say("QWOP HARBOUR SHOP", "groceries")
    client.force_login(make_staff("classifier.view_feedback", "classifier.judge_feedback"))
    client.post(url, {"one": f"one_off:{feedback.pk}"})
    assert Feedback.objects.get().status == Status.ONE_OFF


def test_the_overview_says_what_waits(staff: Client, url: str) -> None:
    say("QWOP HARBOUR SHOP", "groceries", "u1")
    say("QWOP HARBOUR SHOP", "fast-food", "u2")
    page = page_of(staff, reverse("admin:index"))
    assert "1 text has feedback that nobody has judged yet." in page


def test_many_groups_are_paged(staff: Client, url: str) -> None:
    (prediction,) = classify("QWOP HARBOUR SHOP")
    Feedback.objects.bulk_create(
        Feedback(prediction=prediction, is_correct=False, canonical_text=f"text {number:02}")
        for number in range(30)
    )
    first, second = page_of(staff, url), page_of(staff, f"{url}?page=2")
    assert "Page 1 of 2" in first
    assert "Next" in first
    assert "text 29" in first
    assert "text 00" in second
