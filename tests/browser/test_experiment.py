"""An experiment from draft to stop, in a real browser, by the keyboard where a mouse would do."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import Site

KEY = "by-keyboard"


def fill_draft(page: Page) -> None:
    page.goto("/admin/experiments/experiment/add/")
    page.locator("#id_key").fill(KEY)
    page.get_by_label("Hypothesis").fill("Nothing changes.")
    page.locator("#id_primary_metric").select_option(label="Abstention rate")
    page.locator("#id_variants-1-version").select_option(index=1)


def press(page: Page, name: str) -> None:
    """A link or button, maybe with a symbol before its name, pressed with Enter."""
    named = re.compile(rf"(^|\s){re.escape(name)}$")
    wanted = page.get_by_role("link", name=named).or_(page.get_by_role("button", name=named))
    wanted.first.focus()
    expect(wanted.first).to_be_focused()
    page.keyboard.press("Enter")


@pytest.mark.browser
def test_an_experiment_is_drawn_up_started_ramped_and_stopped(site: Site, page: Page) -> None:
    sign_in(page, site)

    fill_draft(page)
    page.locator("#id_variants-1-weight").fill("0.4")
    press(page, "How long will it take?")
    expect(page.locator("#plan")).to_contain_text("Cannot say")
    press(page, "Save")
    expect(page.get_by_text("The weights sum to 0.9, not to 1.")).to_be_visible()
    page.locator("#id_variants-1-weight").fill("0.5")
    press(page, "Save and continue editing")
    expect(page.get_by_text("was added successfully")).to_be_visible()

    press(page, "Start")
    expect(page.get_by_text("No users in the last 28 days")).to_be_visible()
    page.get_by_label("Reason").fill("To see it run.")
    press(page, f"Start {KEY}")
    expect(page.get_by_text(f"{KEY} is running.")).to_be_visible()
    expect(page.locator("#id_key")).to_have_count(0)

    press(page, "Change share")
    page.get_by_label("1%", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_label("50%", exact=True)).to_be_checked()
    press(page, "Change share")
    expect(page.get_by_text(f"50% of traffic takes part in {KEY}.")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("1% → 50%")

    press(page, "Stop")
    page.get_by_label("Reason").fill("Seen enough.")
    press(page, f"Stop {KEY}")
    expect(page.get_by_text(f"{KEY} is stopped.")).to_be_visible()
    expect(page.locator(".timeline li").first).to_contain_text("Seen enough.")
    expect(page.get_by_role("link", name=re.compile("Stop$"))).to_have_count(0)
    page.goto("/admin/experiments/experiment/")
    row = page.get_by_role("row", name=re.compile(KEY))
    expect(row).to_contain_text("Stopped")
