"""Sockets with an end in time, whatever the other side does. A timeout of a socket's own begins
anew with each address that is tried and each byte that trickles in."""

import io
import socket
from collections.abc import Iterable
from typing import Any

from monitoring.notifiers.message import Deadline

CONNECT_SECONDS = 5.0


def reach(addresses: Iterable[str], port: int, deadline: Deadline) -> socket.socket:
    """A connection to the first of the addresses that answers. Raises OSError where none does."""
    problem: OSError | None = None
    for address in addresses:
        timeout = min(CONNECT_SECONDS, deadline.left())
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            problem = error
    raise problem or OSError("The host has no address.")


def send_all(made: socket.socket, data: bytes, deadline: Deadline) -> None:
    rest = memoryview(data)
    while rest:
        made.settimeout(deadline.left())
        rest = rest[made.send(rest) :]


def reader(made: socket.socket, deadline: Deadline) -> io.BufferedReader:
    return io.BufferedReader(_TimedReader(made, deadline))


class _TimedReader(io.RawIOBase):
    def __init__(self, made: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = made, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._deadline.left())
        return self._socket.recv_into(buffer)
