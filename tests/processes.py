"""The product's own processes, run from tests on data of their own."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

import psycopg
from django.conf import settings
from psycopg import sql

ROOT = Path(settings.BASE_DIR)
POLL_SECONDS = 0.1
WEB = ("-m", "gunicorn", "-c", "txcat/gunicorn.conf.py", "txcat.wsgi")
WORKER = ("manage.py", "qcluster")


@dataclass(frozen=True)
class Site:
    """A running installation and its first login."""

    url: str
    username: str
    password: str


def wait_until(
    is_so: Callable[[], bool], seconds: float, what: str, poll_seconds: float = POLL_SECONDS
) -> None:
    """Look again and again until a condition holds; fail the test after `seconds`."""
    deadline, pause = monotonic() + seconds, Event()
    while not is_so():
        assert monotonic() < deadline, f"After {seconds} s still not: {what}"
        pause.wait(poll_seconds)


@contextmanager
def own_environment(data: Path, **variables: str) -> Iterator[dict[str, str]]:
    """The environment of processes with a data directory, a port and a database of their own."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "txcat.settings",
        "PORT": str(free_port()),
        "PYTHONPATH": str(ROOT),
        "TXCAT_DATA_DIR": str(data),
        # The kind that is made in a moment; others are made where they are tested.
        "TXCAT_ENCODER_KINDS": "fp32_optimized",
        # As in tests.settings.
        "TXCAT_HEAD": "prototype",
        **variables,
    }
    with _own_database(os.environ.get("DATABASE_URL", ""), data.name) as database_url:
        yield {**environment, "DATABASE_URL": database_url}


def free_port() -> int:
    """One that nobody listens on now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
        return port


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a command of manage.py. Returns what it printed."""
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
def running(
    environment: dict[str, str], name: str, *arguments: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a session of its own for as long as the block runs, unless it was killed; its
    words are shown where it ended by itself."""
    log = Path(environment["TXCAT_DATA_DIR"]) / f"{name}.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        try:
            yield process
            is_killed = process.poll() == -signal.SIGKILL
            assert process.poll() is None or is_killed, f"{name} ended:\n{log.read_text()}"
        finally:
            process.terminate()
            process.wait(timeout=60)


def kill_all(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process of `running` and all that it started, as a machine that dies does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


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
