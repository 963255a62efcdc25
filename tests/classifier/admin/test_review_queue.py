"""The page of the review queue, by plain forms: one POST an act."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from classifier.models import Category, Example, ReviewItem
from classifier.models.choices import AnnotatorChoices, LevelChoices
from classifier.services.review import claim, submit
from classifier.services.review_collection import fill_queue
from tests.classifier.admin.conftest import Make
from tests.reviews import answered, predicted, queued

pytestmark = pytest.mark.usefixtures("active_version")
State = ReviewItem.State
SHOP = "QWOP HARBOUR SHOP"


@pytest.fixture
def url(db: None) -> str:
    return reverse("admin:review_queue")


def page_of(client: Client, url: str) -> str:
    return client.get(url).content.decode()


def act(client: Client, url: str, word: str, item: ReviewItem, **fields: str) -> str:
    return client.post(url, {"act": word, "item": item.pk, **fields}, follow=True).content.decode()


def state(item: ReviewItem) -> str:
    item.refresh_from_db()
    return item.state


def test_an_item_says_what_is_known_and_why_it_waits(staff: Client, url: str) -> None:
    predicted(SHOP)
    predicted(
        SHOP, amount="-1212.5000", currency="EUR", direction="expense", country="gb",
        merchant_text="QWOP HARBOUR", mcc="5411", reason="far_from_all",
    )  # fmt: skip
    fill_queue()
    page = page_of(staff, url)
    for said in (
        "qwop harbour shop", SHOP, "-1,212.50 EUR", "Expense (money out)", "United Kingdom",
        "QWOP HARBOUR", "5411", "Settles 2 transactions.",
        "No category was given: far from every category.",
    ):  # fmt: skip
        assert said in page, said


def test_each_reason_is_said_in_words(staff: Client, url: str) -> None:
    answered("QWOP LOW", level=LevelChoices.LOW, confidence=0.41)
    answered("QWOP CLOSE", margin=0.001)
    answered("QWOP DRAWN", is_audited=True, annotator=AnnotatorChoices.RULE)
    fill_queue()
    said = {
        item.canonical_text: page_of(staff, f"{url}?item={item.pk}")
        for item in ReviewItem.objects.all()
    }
    assert "The version was not sure: 41.0%." in said["qwop low"]
    assert "Two categories were close: 0.001 apart." in said["qwop close"]
    assert "Drawn at random" in said["qwop drawn"]
    assert "A rule" in said["qwop drawn"]


def test_the_suggestion_is_chosen_and_what_else_was_considered_has_numbers(
    staff: Client, url: str
) -> None:
    queued(SHOP)
    page = page_of(staff, url)
    assert page.count('name="category"') == 2
    assert 'value="groceries" checked' in page
    assert 'value="fast-food">' in page
    # A category that is not in use is not offered.
    Category.objects.filter(slug="fast-food").update(is_active=False)
    assert page_of(staff, url).count('name="category"') == 1


def test_submitted_it_becomes_an_example_and_the_next_is_shown(staff: Client, url: str) -> None:
    first, second, third = queued("QWOP ONE", "QWOP TWO", "QWOP THREE")
    page_of(staff, url)
    page = act(staff, url, "submit", second, category="groceries", next=str(third.pk))
    assert "Submitted as" in page
    assert "It is an example now." in page
    assert 'id="review-text" tabindex="-1">qwop three' in page
    assert Example.objects.get(text="QWOP TWO").category.slug == "groceries"
    assert [state(first), state(second)] == [State.PENDING, State.SUBMITTED]


@pytest.mark.parametrize("by", ["slug", "name"])
def test_what_is_searched_for_goes_before_what_is_chosen(staff: Client, url: str, by: str) -> None:
    (item,) = queued(SHOP)
    coffee = Category.objects.get(slug="coffee-shops")
    other = coffee.slug if by == "slug" else str(coffee)
    act(staff, url, "submit", item, category="groceries", other=f" {other} ")
    item.refresh_from_db()
    assert item.category == coffee


def test_skipped_it_waits_in_its_tab(staff: Client, url: str) -> None:
    (item,) = queued(SHOP)
    assert "Skipped “qwop harbour shop”." in act(staff, url, "skip", item)
    assert "Nothing waits here" in page_of(staff, url)
    aside = page_of(staff, f"{url}?tab=skipped")
    assert "Skipped (1)" in aside
    assert 'value="skip"' not in aside
    act(staff, f"{url}?tab=skipped", "submit", item, category="groceries")
    assert state(item) == State.SUBMITTED


def test_the_audit_has_a_tab(staff: Client, url: str) -> None:
    queued("QWOP ONE", "QWOP TWO")
    predicted(SHOP, is_audited=True)
    fill_queue()
    page = page_of(staff, f"{url}?tab=audit")
    assert "Audit alone (1)" in page
    assert "qwop harbour shop" in page
    assert "qwop one" not in page


def test_discarded_and_undone_it_is_back(staff: Client, url: str) -> None:
    first, second = queued("QWOP ONE", "QWOP TWO")
    page_of(staff, url)
    assert "Discarded “qwop two”." in act(staff, url, "discard", second)
    page = staff.post(url, {"act": "undo"}, follow=True).content.decode()
    assert "Undone: “qwop two” is not discarded any more." in page
    assert 'id="review-text" tabindex="-1">qwop two' in page
    assert state(first) == state(second) == State.PENDING
    assert "nothing here that could be undone" in (
        staff.post(url, {"act": "undo"}, follow=True).content.decode()
    )


def test_what_another_has_is_not_shown_and_says_so(staff: Client, url: str) -> None:
    bob = User.objects.create_user("bob")
    held, done = queued("QWOP ONE", "QWOP TWO")
    claim(bob)
    assert "2 texts wait here, held by others now." in page_of(staff, url)
    assert "held by bob until" in act(staff, url, "submit", held, category="groceries")
    submit(done.pk, "groceries", bob)
    assert "submitted already as" in act(staff, url, "skip", done)
    assert state(held) == State.PENDING


def test_a_category_that_was_switched_off_meanwhile_is_refused(staff: Client, url: str) -> None:
    (item,) = queued(SHOP)
    Category.objects.filter(slug="groceries").update(is_active=False)
    page = act(staff, url, "submit", item, category="groceries")
    assert "“qwop harbour shop”: the category" in page
    assert "is switched off" in page
    assert state(item) == State.PENDING


def test_a_mistyped_category_is_kept_to_be_mended(staff: Client, url: str) -> None:
    first, second = queued("QWOP ONE", "QWOP TWO")
    page_of(staff, url)
    page = act(staff, url, "submit", second, category="groceries", other='Grocer"ies')
    assert "no detailed category is called “Grocer&quot;ies”" in page
    assert 'id="review-text" tabindex="-1">qwop two' in page
    assert 'name="other" value="Grocer&quot;ies"' in page
    assert state(second) == State.PENDING
    # The next text begins without it.
    assert 'name="other" value=""' in page_of(staff, f"{url}?item={first.pk}")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"act": "submit"},
        {"act": "submit", "item": "x"},
        {"act": "skip", "item": "²"},
        {"act": "skip", "item": str(2**70)},
        {"act": "skip", "item": "999999"},
        {"act": "submit", "item": "1"},
        {"act": "submit", "item": "1", "category": "no\0thing"},
        {"act": "submit", "item": "1", "other": "nothing\0"},
        {"act": "dance", "item": "1", "next": "x"},
    ],
)
def test_an_odd_post_changes_nothing(staff: Client, url: str, fields: dict[str, str]) -> None:
    (item,) = queued(SHOP)
    if fields.get("item") == "1":
        fields = {**fields, "item": str(item.pk)}
    assert staff.post(url, fields, follow=True).status_code == 200
    assert state(item) == State.PENDING


@pytest.mark.parametrize("query", ["?tab=x", "?item=x", "?item=999999", "?tab=audit&item=\0"])
def test_an_odd_address_shows_the_queue(staff: Client, url: str, query: str) -> None:
    queued(SHOP)
    assert staff.get(url + query).status_code == 200


def test_an_empty_queue_says_when_it_was_filled(staff: Client, url: str) -> None:
    assert "Predictions have not been looked through yet" in page_of(staff, url)
    fill_queue()
    assert "New predictions were looked through last:" in page_of(staff, url)


def test_who_may_review_needs_no_more_and_who_may_not_is_refused(
    client: Client, make_staff: Make, url: str
) -> None:
    (item,) = queued(SHOP)
    user = make_staff("classifier.view_prediction")
    client.force_login(user)
    assert client.get(url).status_code == client.post(url, {"act": "undo"}).status_code == 403
    reviewer = User.objects.create_user("rita", is_staff=True)
    reviewer.user_permissions.set(Permission.objects.filter(codename="review_predictions"))
    client.force_login(reviewer)
    page = page_of(client, url)
    assert ">why</a>" not in page
    act(client, url, "submit", item, category="groceries")
    assert state(item) == State.SUBMITTED


def test_the_navigation_says_how_many_wait(staff: Client, url: str) -> None:
    index = reverse("admin:index")
    queued("QWOP ONE", "QWOP TWO")
    page = page_of(staff, index)
    link = page[page.index(f'href="{url}"') :]
    assert " 2 " in " ".join(link[: link.index("</a>")].split())
