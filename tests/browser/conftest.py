"""A real browser on the running product."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.processes import Site

CHROMIUM_ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    """A browser's page. Whatever it complains of, and every other host it asks, fails the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        made = browser.new_page(
            base_url=site.url, viewport={"width": 1440, "height": 900}, color_scheme="light"
        )
        made.on("pageerror", lambda error: complaints.append(f"{made.url}: {error}"))
        made.on(
            "console",
            lambda line: (
                complaints.append(f"{made.url}: {line.text}") if line.type == "error" else None
            ),
        )
        made.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((site.url, "data:", "blob:"))
                else complaints.append(f"{made.url} asks {request.url}")
            ),
        )
        yield made
        browser.close()
    assert complaints == []


def sign_in(page: Page, site: Site) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill(site.username)
    page.get_by_label("Password").fill(site.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
