"""Files that are sent to a running installation and answered by its workers."""

import json
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.processes import WEB, WORKER, answers, manage, running, wait_until

SECONDS = 120
S = TypeVar("S", bound="WorkedSite")


@dataclass
class FileClient:
    url: str
    key: str

    def send(self, file: bytes) -> str:
        """Returns the job's address."""
        job = self.ask("/api/v1/classify/jobs", file)
        return f"/api/v1/jobs/{json.loads(job)['id']}"

    def job(self, address: str) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(self.ask(address))
        return shown

    def results(self, address: str) -> bytes:
        wait_until(lambda: self.job(address)["status"] != "queued", SECONDS, "the job runs")
        wait_until(
            lambda: self.job(address)["status"] not in ("queued", "running"), SECONDS, "it ends"
        )
        job = self.job(address)
        assert job["status"] == "succeeded", job
        return self.ask(job["results_url"])

    def ask(self, address: str, body: bytes | None = None, timeout: float = 60) -> bytes:
        headers = {"Authorization": f"Api-Key {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + address, body, headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
            content: bytes = response.read()
            return content


@dataclass
class WorkedSite(FileClient):
    """A web server and a worker that may be killed, and followed by another."""

    worker: "subprocess.Popen[bytes]"
    start_worker: "Callable[[], subprocess.Popen[bytes]]"


@contextmanager
def started(kind: type[S], environment: dict[str, str]) -> Iterator[S]:
    """Of an installation that has its tables and a version."""
    with ExitStack() as stack:
        key = manage(environment, "create_api_key", "files", "--scopes", "classify").split()[-1]
        stack.enter_context(running(environment, "web", *WEB))

        def start_worker() -> "subprocess.Popen[bytes]":
            return stack.enter_context(running(environment, "worker", *WORKER))

        url = f"http://127.0.0.1:{environment['PORT']}"
        worker = start_worker()
        wait_until(lambda: answers(f"{url}/readyz"), SECONDS, "the site is ready")
        yield kind(url, key, worker, start_worker)


def file_of(rows: int, texts: int) -> bytes:
    """Rows of some texts, many times each; one in a thousand is wrong."""
    items: list[dict[str, str]] = []
    for number in range(rows):
        # Short, and with a letter in front, so that no two have one canonical text.
        text = f"{chr(97 + number % texts % 26)}{number % texts} MARKET"
        item = {"description": text} if number % 1000 else {}
        items.append({**item, "transaction_id": f"t-{number}"})
    return json.dumps({"transactions": items}).encode()
