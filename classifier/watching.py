"""Threads of a process's own that look at something again and again."""

import threading
from collections.abc import Callable, Iterable
from time import monotonic

from django import db
from django.conf import settings

# Who looks more seldom gives the database its connection back.
KEPT_SECONDS = 1.0
# How long a look that hangs is waited for, by who ends the process.
STOP_SECONDS = 5.0


class Watcher:
    """Calls `look` every `seconds` (ENGINE_POLL_SECONDS where none are said), from `start` to
    `stop`, and `farewell` after the last of them."""

    def __init__(
        self,
        name: str,
        look: Callable[[], None],
        seconds: float | None = None,
        farewell: Callable[[], None] | None = None,
    ) -> None:
        self._name = name
        self._seconds = settings.ENGINE_POLL_SECONDS if seconds is None else seconds
        self._look = look
        self._farewell = farewell
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._watch, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        stop_all([self])

    def ask_to_stop(self) -> None:
        self._stopping.set()

    def wait(self, seconds: float) -> None:
        """For the thread's end."""
        if self._thread is not None:
            self._thread.join(timeout=seconds)

    def _watch(self) -> None:
        while not self._stopping.wait(self._seconds):
            self._look()
            if self._seconds < KEPT_SECONDS:
                db.close_old_connections()
            else:
                db.connections.close_all()
        if self._farewell is not None:
            self._farewell()
            db.connections.close_all()


def stop_all(watchers: Iterable[Watcher], seconds: float = STOP_SECONDS) -> None:
    """Ask all of them first, then wait so long in all, however many hang."""
    watchers = list(watchers)
    for watcher in watchers:
        watcher.ask_to_stop()
    end = monotonic() + seconds
    for watcher in watchers:
        watcher.wait(max(0.0, end - monotonic()))
