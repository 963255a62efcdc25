"""A Redis server of the tests' own."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.exceptions import ConnectionError as NoConnectionError

from tests.processes import ROOT, free_port, wait_until

START_SECONDS = 30


class RedisServer:
    """Keeps nothing on disk: each start finds it empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        log = self._folder / "redis.log"
        named = os.environ.get("REDIS_SERVER") or shutil.which("redis-server")
        with log.open("ab") as file:
            process = self._process = subprocess.Popen(
                [
                    named or ROOT / ".cache/bin/redis-server",
                    *("--bind", "127.0.0.1", "--port", str(self._port)),
                    *("--save", "", "--appendonly", "no", "--dir", str(self._folder)),
                ],
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

        def is_up() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                with self.client() as client:
                    return bool(client.ping())
            except NoConnectionError:
                return False

        wait_until(is_up, START_SECONDS, "Redis answers", poll_seconds=0.02)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens on its port."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It accepts connections and answers nothing, as a machine does that ran out of memory."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @contextmanager
    def client(self) -> "Iterator[redis.Redis]":
        """One of its own, as another process has it."""
        with redis.Redis.from_url(self.url) as client:
            yield client
