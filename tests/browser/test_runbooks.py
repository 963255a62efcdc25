"""Somebody who was woken by a message gets from its address to the section, by way of the login."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.processes import Site

SECTION = "/admin/monitoring/runbooks/disk-free/"


@pytest.mark.browser
def test_the_address_of_a_message_leads_through_the_login_to_the_section(
    site: Site, page: Page
) -> None:
    page.goto(SECTION)
    page.get_by_label("Username").fill(site.username)
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile("/admin/monitoring/runbooks/#disk-free$"))
    heading = page.get_by_role("heading", name="Disk free")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(SECTION)
        expect(heading).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("link", name="CPU").press("Enter")
    expect(page.get_by_role("heading", name="CPU")).to_be_in_viewport()
    expect(heading).not_to_be_in_viewport()
    page.get_by_role("region", name="CPU").get_by_role("link", name="Jobs").click()
    expect(page).to_have_url(re.compile("/admin/classifier/job/$"))
