"""Django's way to a mail server, with an end in time whatever the server does."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

from monitoring.exceptions import NoAnswerError
from monitoring.notifiers.message import Deadline
from monitoring.notifiers.timed import reach, reader, send_all

# Of all the time, what is kept for the server's answer to the mail. One that is handed over at the
# last moment is taken by the server, and sent again by who did not hear so.
ANSWER_SHARE = 1 / 3
TOO_SLOW = "The server was too slow: no time was left for its answer to the mail."


class TimedEmailBackend(EmailBackend):
    """Of one mail: the deadline is that of all its steps together. `refused` are the addresses that
    the server did not take, though it took the mail for others, each with its code and words."""

    def __init__(self, deadline: Deadline, **server: Any) -> None:
        super().__init__(**server)
        self._deadline = deadline
        self.refused: dict[str, tuple[int, bytes]] = {}

    @property
    def connection_class(self) -> Callable[..., smtplib.SMTP]:  # type: ignore[override]
        return partial(_Connection, self._deadline, self.refused)


class _Connection(smtplib.SMTP):
    """TLS is spoken from the first byte where a `context` is given.

    What fails while a command is sent or an answer read is an SMTPServerDisconnected, as `smtplib`
    wants it: where the server hangs up after a refusal, the refusal is what is told. Where the
    answer to the mail itself cannot be read, it is a NoAnswerError.
    """

    def __init__(
        self,
        deadline: Deadline,
        refused: dict[str, tuple[int, bytes]],
        host: str,
        port: int,
        local_hostname: str,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._deadline, self._refused, self._context = deadline, refused, context
        self._answer_seconds = ANSWER_SHARE * deadline.left()
        self._is_handed_over = False
        super().__init__(host, port, local_hostname)

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        made = reach((str(entry[4][0]) for entry in found), port, self._deadline)
        if self._context is not None:
            made.settimeout(self._deadline.left())
            made = self._context.wrap_socket(made, server_hostname=host)
        self.sock, self.file = made, None
        return self.getreply()

    def send(self, s: Any) -> None:
        """Commands are text; the mail itself, with the line that ends it, is bytes."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("There is no connection.")
        is_mail = isinstance(s, bytes)
        try:
            if is_mail and self._deadline.left() < self._answer_seconds:
                raise TimeoutError(TOO_SLOW)
            send_all(self.sock, s if is_mail else s.encode(self.command_encoding), self._deadline)
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(str(error)) from error
        self._is_handed_over = is_mail

    def sendmail(self, *arguments: Any, **options: Any) -> dict[str, tuple[int, bytes]]:
        self._refused.update(super().sendmail(*arguments, **options))
        return self._refused

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = reader(self.sock, self._deadline)
        try:
            return super().getreply()
        except OSError as error:
            if self._is_handed_over:
                raise NoAnswerError(str(error)) from error
            raise

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        answer = super().docmd(cmd, args)
        if cmd == "STARTTLS" and self.sock is not None:
            # The handshake that follows ends by the socket's own timeout.
            self.sock.settimeout(self._deadline.left())
        return answer

    def quit(self) -> tuple[int, bytes]:
        """Said and not waited for: the server has taken the mail by now, or has not."""
        with suppress(OSError):
            self.putcmd("quit")
        self.close()
        return 221, b""
