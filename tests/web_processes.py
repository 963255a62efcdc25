"""The web processes of a running installation, asked one by one."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from typing import Any

from tests.processes import Site, wait_until

PROCESSES = 2
# After which a process is taken never to do what is waited for.
PATIENCE = 60


def connect(site: Site) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", int(site.url.rpartition(":")[2]), timeout=PATIENCE)


def post(connection: HTTPConnection, key: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the API answers. Raises ValueError where it is a refusal."""
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    connection.request("POST", f"/api/v1/{path}", json.dumps(body), headers)
    response = connection.getresponse()
    content = response.read().decode()
    if response.status >= 300:
        raise ValueError(f"{response.status}: {content}")
    answer: dict[str, Any] = json.loads(content)
    return answer


def ready(connection: HTTPConnection) -> dict[str, Any]:
    connection.request("GET", "/readyz")
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer


@contextmanager
def connections_to_each_process(site: Site) -> Iterator[dict[int, HTTPConnection]]:
    """By process id: a connection that stays open stays with its process."""
    found: dict[int, HTTPConnection] = {}
    with ExitStack() as opened:

        def is_complete() -> bool:
            connection = connect(site)
            opened.callback(connection.close)
            found.setdefault(ready(connection)["pid"], connection)
            return len(found) == PROCESSES

        wait_until(is_complete, PATIENCE, f"{PROCESSES} processes answer")
        yield found
