"""A receiver of webhooks: a real server on this machine, that behaves as it is told."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext, SSLError
from threading import Event, Thread
from typing import Any

from monitoring.models import Receiver

SECRET = "a secret of sixteen letters or more"


@dataclass
class Heard:
    """A request, as it came."""

    path: str
    headers: Headers
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


def is_signed(heard: Heard, secret: str) -> bool:
    """As docs/operations.md tells receivers to check it."""
    parts = dict(part.split("=", 1) for part in heard.headers["X-Txcat-Signature"].split(","))
    signed = hmac.new(secret.encode(), parts["t"].encode() + b"." + heard.body, hashlib.sha256)
    return hmac.compare_digest(parts["v1"], signed.hexdigest())


Behaviour = Callable[["Handler"], None]


@dataclass
class Hook:
    """`behave` answers; what was heard is kept. `over` is set when the test ends, for what waits
    until then."""

    url: str
    heard: list[Heard] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    behave: Behaviour = lambda handler: handler.answer(200, "ok")


class Handler(BaseHTTPRequestHandler):
    hook: Hook

    def handle(self) -> None:
        """Whoever hangs up in the middle is not worth a word."""
        with suppress(SSLError, ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.hook.heard.append(Heard(self.path, self.headers, body))
        self.hook.behave(self)

    def answer(self, status: int, text: str = "", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test says what it heard."""


@contextmanager
def listening(tls: SSLContext | None = None) -> Iterator[Hook]:
    class OfOneHook(Handler):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), OfOneHook) as server:
        server.daemon_threads = True
        if tls is not None:
            # The handshake is the handler's: one that fails ends its thread and not the server.
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "https" if tls else "http"
        hook = Hook(f"{scheme}://127.0.0.1:{server.server_port}/hook")
        OfOneHook.hook = hook
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield hook
        finally:
            hook.over.set()
            server.shutdown()
            thread.join()


def answering(*statuses: int, **headers: str) -> Behaviour:
    """One after the other; the last of them from then on."""
    left = list(statuses)

    def behave(handler: Handler) -> None:
        handler.answer(left.pop(0) if len(left) > 1 else left[0], "said", **headers)

    return behave


def a_receiver(url: str = "http://127.0.0.1:9/hook", **fields: Any) -> Receiver:
    """A signed webhook that waits for nothing."""
    defaults = {
        "name": f"hook {Receiver.objects.count()}",
        "kind": Receiver.Kind.WEBHOOK,
        "url": url,
        "secret": SECRET,
        "group_wait_seconds": 0,
    }
    return Receiver.objects.create(**{**defaults, **fields})
