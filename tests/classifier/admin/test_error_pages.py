"""Who comes to a wrong address, or may not see a page, reads so and finds the way back."""

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger() -> Client:
    """A member of staff in no group."""
    client = Client()
    client.force_login(User.objects.create_user("stranger", is_staff=True))
    return client


def test_a_page_that_the_account_may_not_see_says_so(stranger: Client) -> None:
    page = stranger.get(reverse("admin:classifier_category_changelist"))
    assert page.status_code == 403
    assert "Your account may not do this" in page.content.decode()


@pytest.mark.parametrize("address", ["/nowhere", "/admin/nowhere/"])
def test_an_address_with_nothing_at_it_says_so(stranger: Client, address: str) -> None:
    page = stranger.get(address)
    assert page.status_code == 404
    assert "Nothing is at this address" in page.content.decode()


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_each_leads_back_and_needs_nothing_of_the_request(status: int) -> None:
    page = render_to_string(f"{status}.html")
    assert f'href="{reverse("admin:index")}"' in page
    assert "<h1>" in page
