"""The product as an operator starts it: its own data, real processes, a real browser."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.processes import answers, manage, own_environment, running, wait_until

CHROMIUM_ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_SECONDS = 120


@dataclass(frozen=True)
class Site:
    """A running installation and its first login."""

    url: str
    username: str
    password: str


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the processes: a data directory and a database of their own."""
    data = tmp_path_factory.mktemp("first-day")
    with own_environment(data, TXCAT_WEB_PROCESSES="2") as variables:
        yield variables


@pytest.fixture(scope="session")
def site(environment: dict[str, str]) -> Iterator[Site]:
    """Prepared by the commands that an operator runs, then served by web and worker."""
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        manage(environment, *command)
    printed = manage(environment, "bootstrap")
    login = next(line for line in printed.splitlines() if line.startswith("Admin login: "))
    username, _, password = login.split()[2:5]
    web = ["-m", "gunicorn", "-c", "txcat/gunicorn.conf.py", "txcat.wsgi"]
    url = f"http://127.0.0.1:{environment['PORT']}"
    with (
        running(environment, "web", *web),
        running(environment, "worker", "manage.py", "qcluster"),
    ):
        wait_until(lambda: answers(f"{url}/readyz"), START_SECONDS, "the site is ready")
        yield Site(url, username, password)


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
