"""The menu by the keyboard alone: a way past it, and on a phone a way into it and out again."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import Site


@pytest.mark.browser
def test_the_keyboard_reaches_the_menu_and_the_content(site: Site, page: Page) -> None:
    sign_in(page, site)
    page.goto("/admin/monitoring/health/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    assert "#" not in page.url

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/admin/monitoring/health/")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Menu", exact=True)).to_be_focused()
    expect(page.locator("#nav-sidebar")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#nav-sidebar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#nav-sidebar")).to_be_hidden()
