"""A list without a row says why, and offers what helps."""

from django.test import Client

from classifier.admin.cells import changelist_url
from classifier.models import Example, Feedback


def page_of(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_search_that_finds_nothing_leads_back_to_all(staff: Client) -> None:
    page = page_of(staff, changelist_url(Example, q="no such text"))
    assert "Nothing fits" in page
    assert "Show all" in page


def test_what_the_program_writes_is_not_to_be_added_by_hand(staff: Client) -> None:
    page = page_of(staff, changelist_url(Feedback))
    assert "Nothing here yet" in page
    assert "Show all" not in page
    assert "Add feedback" not in page
