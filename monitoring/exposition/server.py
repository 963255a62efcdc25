"""The worker's metrics on a port: `python -m monitoring.exposition.server SOCKET FOLDER NETWORK…`.

`SOCKET` is the number of an open socket that listens, `FOLDER` the role's, each `NETWORK` one whose
clients may read. Runs until its standard input ends, which all processes of the worker hold open.
No Django and no database: states are told by the web server.
"""

import signal
import socket
import sys
from collections.abc import Iterable
from http import HTTPStatus
from ipaddress import ip_network
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from monitoring.exposition.collectors import FilesCollector
from monitoring.networks import is_allowed

PATH = "/metrics"


class Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A scrape is no event."""


def application(folder: Path, networks: Iterable[str]) -> Any:
    """A WSGI application that tells allowed addresses what the folder's processes count."""
    allowed = [ip_network(network) for network in networks]
    registry = CollectorRegistry()
    registry.register(FilesCollector([folder]))
    tell = make_wsgi_app(registry)

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        if not is_allowed(environ, allowed):
            return refuse(HTTPStatus.FORBIDDEN, start_response)
        if environ["PATH_INFO"] != PATH:
            return refuse(HTTPStatus.NOT_FOUND, start_response)
        return tell(environ, start_response)

    return answer


def refuse(status: HTTPStatus, start_response: Any) -> list[bytes]:
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "text/plain")])
    return [status.phrase.encode()]


def serve(listening: socket.socket, app: Any) -> ThreadingWSGIServer:
    """Answer on a socket in a thread."""
    address = listening.getsockname()
    server = ThreadingWSGIServer(address, Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    # What binding would have set, by asking the resolver for a name.
    server.server_name, server.server_port = address[:2]
    server.setup_environ()
    server.set_app(app)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    # From a terminal; the worker ends in its own time and this after it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    number, folder, *networks = sys.argv[1:]
    serve(socket.socket(fileno=int(number)), application(Path(folder), networks))
    sys.stdin.buffer.read()
