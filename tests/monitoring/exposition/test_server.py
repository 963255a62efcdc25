"""The worker's own port: a process beside the workers that ends with them."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitoring.exposition import files
from tests.monitoring.exposition.counting import counting, kill
from tests.processes import ROOT

PATIENCE = 60


@contextmanager
def serving(folder: Path, *networks: str) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A server of the folder, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        arguments = [str(listening.fileno()), str(folder), *networks]
        process = subprocess.Popen(
            [sys.executable, "-m", "monitoring.exposition.server", *arguments],
            cwd=ROOT,
            pass_fds=[listening.fileno()],
            stdin=subprocess.PIPE,
        )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "worker"
    files.clear(folder)
    return folder


def ask(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:  # noqa: S310
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_it_tells_what_workers_count_before_and_after_they_are_recycled(folder: Path) -> None:
    told = 'spoons_total{kind="tea",role="worker"}'
    with serving(folder, "127.0.0.0/8") as (_, url):
        with counting(folder) as [worker]:
            assert f"{told} 3.0" in ask(f"{url}/metrics")[1]
            kill(worker)
            assert f"{told} 3.0" in ask(f"{url}/metrics")[1]
        with counting(folder):
            assert f"{told} 6.0" in ask(f"{url}/metrics")[1]


def test_it_refuses_other_addresses_and_other_paths(folder: Path) -> None:
    with serving(folder, "10.0.0.0/8") as (_, url):
        assert ask(f"{url}/metrics") == (403, "Forbidden")
    with serving(folder, "127.0.0.0/8") as (_, url):
        assert ask(f"{url}/") == (404, "Not Found")


def test_it_ends_when_the_last_process_of_the_worker_has(folder: Path) -> None:
    with serving(folder, "127.0.0.0/8") as (process, _):
        assert process.stdin
        held = os.dup(process.stdin.fileno())
        process.stdin.close()
        assert process.poll() is None
        os.close(held)
        assert process.wait(PATIENCE) == 0
        # So that `communicate` does not look at what is closed.
        process.stdin = None


def test_it_needs_no_django() -> None:
    show = (
        "import sys, monitoring.exposition.server; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'django', 'numpy'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", show], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
