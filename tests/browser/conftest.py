"""The product as an operator starts it: its own data, real processes, a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic

import psycopg
import pytest
from django.conf import settings
from playwright.sync_api import Page, expect, sync_playwright
from psycopg import sql

ROOT = Path(settings.BASE_DIR)
CHROMIUM_ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
START_SECONDS = 120
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Site:
    """A running installation and its first login."""

    url: str
    username: str
    password: str


def wait_until(is_so: Callable[[], bool], seconds: float, what: str) -> None:
    """Look again and again until a condition holds; fail the test after `seconds`."""
    deadline, pause = monotonic() + seconds, Event()
    while not is_so():
        assert monotonic() < deadline, f"After {seconds} s still not: {what}"
        pause.wait(POLL_SECONDS)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the processes: a data directory and a database of their own."""
    data = tmp_path_factory.mktemp("first-day")
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    variables = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "txcat.settings",
        "PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "TXCAT_DATA_DIR": str(data),
        "TXCAT_WEB_PROCESSES": "2",
    }
    with _own_database(os.environ.get("DATABASE_URL", ""), data.name) as database_url:
        yield {**variables, "DATABASE_URL": database_url}


@pytest.fixture(scope="session")
def site(environment: dict[str, str]) -> Iterator[Site]:
    """Prepared by the commands that an operator runs, then served by web and worker."""
    for command in (["migrate"], ["collectstatic", "--noinput"]):
        _manage(environment, *command)
    printed = _manage(environment, "bootstrap")
    login = next(line for line in printed.splitlines() if line.startswith("Admin login: "))
    username, _, password = login.split()[2:5]
    web = ["-m", "gunicorn", "-c", "txcat/gunicorn.conf.py", "txcat.wsgi"]
    url = f"http://127.0.0.1:{environment['PORT']}"
    with (
        _running(environment, "web", *web),
        _running(environment, "worker", "manage.py", "qcluster"),
    ):
        wait_until(lambda: _answers(f"{url}/readyz"), START_SECONDS, "the site is ready")
        yield Site(url, username, password)


@pytest.fixture(scope="session")
def manage(environment: dict[str, str]) -> Callable[..., str]:
    """A function that runs a command of the installation and gives what it printed."""
    return partial(_manage, environment)


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


@contextmanager
def _own_database(server_url: str, name: str) -> Iterator[str]:
    """A new database beside the one that the address names, dropped at the end; with no
    address, the embedded one."""
    if not server_url:
        yield ""
        return
    name = f"txcat_{name.replace('-', '_')}_{os.getpid()}"
    with closing(psycopg.connect(server_url, autocommit=True)) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            before, _, _ = server_url.rpartition("/")
            yield f"{before}/{name}"
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(name)))


def _manage(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def _running(environment: dict[str, str], name: str, *arguments: str) -> Iterator[None]:
    """A process for as long as the block runs; its words are shown where it ended by itself."""
    log = Path(environment["TXCAT_DATA_DIR"]) / f"{name}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=file, stderr=file
        )
        try:
            yield
            assert process.poll() is None, f"{name} ended by itself:\n{log.read_text()}"
        finally:
            process.terminate()
            process.wait(timeout=60)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
