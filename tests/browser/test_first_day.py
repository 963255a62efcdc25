"""The first day of an analyst, in a real browser against the real product.

The README's screenshots come from here: set TXCAT_SCREENSHOTS to a folder.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.processes import Site, wait_until

BUILD_MILLISECONDS = 180_000
SWAP_SECONDS = 15
CATEGORY = "Food and drink \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} Coffee"
TEXT = "SQ *ZORBLAX ROASTERY 0423 OAKLAND CA"
TRIED = [
    "SQ *ZORBLAX ROASTERY 7781 OAKLAND CA",
    "NETFLIX.COM 866-579-7172",
    "POS DEBIT SHELL OIL 57442 AUSTIN TX",
    "123456",
]


def keep_screenshot(page: Page, name: str) -> None:
    folder = os.environ.get("TXCAT_SCREENSHOTS")
    if folder:
        page.mouse.move(0, 0)
        page.screenshot(path=Path(folder) / f"{name}.png")


def add_example(page: Page) -> None:
    page.goto("/admin/classifier/example/add/")
    page.locator("#id_category").select_option(label=CATEGORY)
    page.locator("#id_text").fill(TEXT)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


def build(page: Page) -> str:
    """From the overview's advice to a finished job. Returns the new version's name."""
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("1 change to categories, examples")).click()
    page.get_by_role("button", name="Build", exact=True).click()
    finished = page.locator('#job-progress[data-status="succeeded"]')
    finished.wait_for(timeout=BUILD_MILLISECONDS)
    built = re.search(r"(\S+): built", finished.inner_text())
    assert built, finished.inner_text()
    return built.group(1)


def activate(page: Page, version: str) -> None:
    page.get_by_role("link", name=version, exact=True).click()
    page.get_by_role("link", name="Activate").click()
    page.get_by_label("Reason").fill("Knows the new roastery.")
    page.get_by_role("button", name=f"Activate {version}").click()
    expect(page.get_by_text(f"{version} is active.")).to_be_visible()


def answering_version(page: Page, descriptors: list[str]) -> str:
    page.goto("/admin/try-it/")
    page.get_by_label("Descriptors, one a line").fill("\n".join(descriptors))
    page.get_by_role("button", name="Classify").click()
    return page.locator("#answered-by").inner_text()


def make_key(page: Page) -> str:
    page.goto("/admin/classifier/apikey/add/")
    page.get_by_label("Name").fill("mobile app")
    page.get_by_role("button", name="Save", exact=True).click()
    return page.locator(".api-key").inner_text()


@pytest.mark.browser
def test_an_analyst_adds_an_example_builds_activates_and_sees_the_new_version_answer(
    site: Site, page: Page
) -> None:
    sign_in(page, site)
    before = answering_version(page, TRIED[:1])
    expect(page.locator(".trial").first).not_to_contain_text(TEXT)

    add_example(page)
    version = build(page)
    assert version != before
    activate(page, version)
    page.get_by_role("heading", name="Levels").evaluate("heading => heading.scrollIntoView()")
    keep_screenshot(page, "version")

    wait_until(
        lambda: answering_version(page, TRIED[:1]) == version, SWAP_SECONDS, f"{version} answers"
    )
    assert answering_version(page, TRIED) == version
    expect(page.locator(".trial").first).to_contain_text(TEXT)
    keep_screenshot(page, "try-it")

    key = make_key(page)
    answer = page.request.post(
        "/api/v1/classify",
        headers={"Authorization": f"Api-Key {key}"},
        data={"transactions": [{"description": text} for text in TRIED]},
    )
    assert answer.status == 200, answer.text()
    page.goto("/admin/classifier/prediction/")
    expect(page.get_by_role("link", name=TRIED[0])).to_be_visible()

    page.goto("/admin/")
    expect(page.get_by_role("link", name=re.compile(f"Active version.*{version}"))).to_be_visible()
    expect(page.get_by_text(f"It serves version {version}")).to_be_visible()
    keep_screenshot(page, "index")
