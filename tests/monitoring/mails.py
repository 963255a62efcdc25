"""A mail server: a real one on this machine, as slow and as unfriendly as it is told to be."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from ssl import SSLContext, SSLError
from threading import Event, Thread
from typing import Any, cast

GREETING, MAIL = "greeting", "the mail"
ANSWERS = {
    GREETING: "220 mail.bank.example",
    "EHLO": "250-mail.bank.example\r\n250-STARTTLS\r\n250 AUTH PLAIN",
    "STARTTLS": "220 go on",
    "AUTH": "235 welcome",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}


@dataclass
class MailServer:
    """`mails` are those that were taken, `said` the commands that came. `answers` are to a command
    or to a whole line, in capitals. `pause` is how long each
    answer takes, in seconds, and `pauses` how long that to a command does; `byte_by_byte` pauses
    before each byte. `over` is set when the test ends, and ends every pause."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    pause: float = 0
    pauses: dict[str, float] = field(default_factory=dict)
    byte_by_byte: float = 0
    tls: SSLContext | None = None
    is_tls_first: bool = False
    over: Event = field(default_factory=Event)


class Handler(StreamRequestHandler):
    server_told: MailServer

    def handle(self) -> None:
        """Whoever hangs up in the middle is not worth a word."""
        with suppress(SSLError, ConnectionError, ValueError):
            self._talk()

    def finish(self) -> None:
        """What speaks TLS is another socket than the one that the server closes."""
        super().finish()
        self.connection.close()

    def _talk(self) -> None:
        told = self.server_told
        if told.is_tls_first:
            self._speak_tls()
        self._answer(GREETING)
        while line := self.rfile.readline().decode().strip():
            told.said.append(line)
            command = line.upper() if line.upper() in told.answers else line.split()[0].upper()
            self._answer(command)
            if command == "STARTTLS":
                self._speak_tls()
            if command == "DATA" and "DATA" not in told.answers:
                told.mails.append(self._mail())
                self._answer(MAIL)

    def _mail(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise ConnectionError("It broke off within the mail.")
            lines.append(line.replace(b"\r\n", b"\n"))
        return message_from_bytes(b"".join(lines), policy=policy.default)

    def _answer(self, command: str) -> None:
        told = self.server_told
        told.over.wait(told.pauses.get(command, told.pause))
        answer = told.answers.get(command, ANSWERS.get(command, "250 ok"))
        for byte in f"{answer}\r\n".encode():
            if told.byte_by_byte:
                told.over.wait(told.byte_by_byte)
            self.wfile.write(bytes([byte]))

    def _speak_tls(self) -> None:
        assert self.server_told.tls is not None
        self.connection = self.server_told.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = cast("Any", self.connection.makefile("wb", 0))


class Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def serving_mail() -> Iterator[MailServer]:
    class OfOneServer(Handler):
        server_told = MailServer()

    told = OfOneServer.server_told
    with Server(("127.0.0.1", 0), OfOneServer) as server:
        told.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield told
        finally:
            told.over.set()
            server.shutdown()
            thread.join()
