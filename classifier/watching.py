"""A thread of a process's own that looks at something again and again."""

import threading
from collections.abc import Callable

from django import db
from django.conf import settings

# Who looks more seldom gives the database its connection back.
KEPT_SECONDS = 1.0


class Watcher:
    """Calls `look` every `seconds` (ENGINE_POLL_SECONDS where none are said), from `start` to
    `stop`."""

    def __init__(self, name: str, look: Callable[[], None], seconds: float | None = None) -> None:
        self._name = name
        self._seconds = settings.ENGINE_POLL_SECONDS if seconds is None else seconds
        self._look = look
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._watch, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _watch(self) -> None:
        while not self._stopping.wait(self._seconds):
            self._look()
            if self._seconds < KEPT_SECONDS:
                db.close_old_connections()
            else:
                db.connections.close_all()
