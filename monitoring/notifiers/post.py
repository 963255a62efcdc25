"""One POST to a webhook: no proxy, no redirect, no address but those that were checked, and an end
in time whatever the other side does."""

import http.client
import io
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitoring.exceptions import NoAnswerError
from monitoring.notifiers.addresses import Target
from monitoring.notifiers.message import Deadline
from monitoring.notifiers.timed import reach, reader, send_all

# Of an answer, so much is read.
MAX_ANSWER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str
    retry_after: str


def post(
    target: Target,
    addresses: list[str],
    body: bytes,
    headers: Mapping[str, str],
    deadline: Deadline,
) -> Answer:
    """Raises OSError (TimeoutError and ssl.SSLError are such) where it could not be handed over,
    and NoAnswerError where it was and no answer came that could be read."""
    connection = _Connection(target, addresses, deadline)
    try:
        connection.request("POST", target.path, body, {**headers, "Connection": "close"})
        return _answer(connection)
    finally:
        connection.hang_up()


def _answer(connection: http.client.HTTPConnection) -> Answer:
    try:
        response = connection.getresponse()
        text = response.read(MAX_ANSWER_BYTES).decode("utf-8", "replace")
    except TimeoutError as error:
        raise NoAnswerError("It took too long to answer.") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswerError(f"{type(error).__name__}: {error}") from error
    return Answer(response.status, text, response.headers.get("Retry-After", ""))


class _Connection(http.client.HTTPConnection):
    """To the first of the addresses that answers, under the host's name."""

    def __init__(self, target: Target, addresses: list[str], deadline: Deadline) -> None:
        super().__init__(target.host, target.port)
        # The port of the scheme is not said in the header Host.
        self.default_port = 443 if target.is_tls else 80
        self._target, self._addresses, self._deadline = target, addresses, deadline
        self._made: socket.socket | None = None

    def connect(self) -> None:
        self._made = reach(self._addresses, self._target.port, self._deadline)
        if self._target.is_tls:
            self._made.settimeout(self._deadline.left())
            context = ssl.create_default_context()
            self._made = context.wrap_socket(self._made, server_hostname=self._target.host)
        self.sock: Any = _TimedSocket(self._made, self._deadline)

    def hang_up(self) -> None:
        self.close()
        if self._made is not None:
            self._made.close()


class _TimedSocket:
    """What `http.client` uses of a socket, with the deadline."""

    def __init__(self, made: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = made, deadline

    def sendall(self, data: bytes) -> None:
        send_all(self._socket, data, self._deadline)

    def makefile(self, mode: str) -> io.BufferedReader:
        return reader(self._socket, self._deadline)

    def close(self) -> None:
        """Not yet: `http.client` closes what it is still to read from."""
