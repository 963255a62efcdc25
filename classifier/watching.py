"""Threads of a process's own that look at something again and again."""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django import db
from django.conf import settings
from django.utils import timezone

logger = logging.getLogger(__name__)

# Who looks more seldom gives the database its connection back.
KEPT_SECONDS = 1.0
# How long a look that hangs is waited for, by who ends the process.
STOP_SECONDS = 5.0
# A trouble that lasts is logged so often, however often it is met.
LOGGED_EVERY_SECONDS = 60.0
# A failure is told for so long though later looks find nothing to do: what asks is slower.
TOLD_FOR = timedelta(minutes=1)

_started: list["Watcher"] = []


@dataclass(frozen=True, slots=True)
class Failure:
    """A look that failed: with an exception of which type, and when."""

    kind: str
    at: datetime


class Trouble:
    """Something that may fail at each of many looks, as all do while the database is away. It is
    logged as it begins, once a minute while it lasts, and when it is over."""

    def __init__(
        self, text: str, logger: logging.Logger, clock: Callable[[], float] = monotonic
    ) -> None:
        self._text = text
        self._logger = logger
        self._clock = clock
        self._kind: type[Exception] | None = None
        self._logged_at = 0.0
        self._unsaid = 0

    def met(self, error: Exception) -> None:
        now = self._clock()
        if type(error) is self._kind and now - self._logged_at < LOGGED_EVERY_SECONDS:
            self._unsaid += 1
            return
        more = f" ({self._unsaid} times more since it was last said.)" if self._unsaid else ""
        self._logger.error("%s%s", self._text, more, exc_info=error)
        self._kind, self._logged_at, self._unsaid = type(error), now, 0

    def over(self) -> None:
        """No trouble this time."""
        if self._kind is not None:
            self._logger.info("Over: %s", self._text)
            self._kind, self._unsaid = None, 0


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
        self.name = name
        self._seconds = settings.ENGINE_POLL_SECONDS if seconds is None else seconds
        self._look = look
        self._farewell = farewell
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._failure: Failure | None = None
        self._trouble = Trouble(f"The thread “{name}” failed at its look.", logger)

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def problem(self) -> str:
        """That the thread has ended though nobody stopped it, or that a look failed within the
        last minute; empty where neither is so."""
        if self._thread is not None and not self.is_alive and not self._stopping.is_set():
            return "has ended"
        failure = self._failure
        if failure is None or timezone.now() - failure.at > TOLD_FOR:
            return ""
        return f"failed at {failure.at:%Y-%m-%d %H:%M:%S} UTC: {failure.kind}"

    def start(self) -> None:
        self._thread = threading.Thread(target=self._watch, name=self.name, daemon=True)
        self._thread.start()
        _started.append(self)

    def stop(self) -> None:
        stop_all([self])

    def ask_to_stop(self) -> None:
        self._stopping.set()
        if self in _started:
            _started.remove(self)

    def wait(self, seconds: float) -> None:
        """For the thread's end."""
        if self._thread is not None:
            self._thread.join(timeout=seconds)

    def look(self) -> None:
        """Once, as the thread does: raises nothing."""
        if self._do(self._look):
            self._trouble.over()

    def _watch(self) -> None:
        is_quick = self._seconds < KEPT_SECONDS
        give_back = db.close_old_connections if is_quick else db.connections.close_all
        while not self._stopping.wait(self._seconds):
            self.look()
            self._do(give_back)
        if self._farewell is not None:
            self._do(self._farewell)
            self._do(db.connections.close_all)

    def _do(self, act: Callable[[], None]) -> bool:
        """Whether it did not fail."""
        try:
            act()
        except Exception as error:  # noqa: BLE001
            # The thread's door. Nobody stands behind it who could catch what nobody foresaw: the
            # thread would end, unseen, and what it watches would be watched no more. So whatever
            # comes is logged and told by `problem`, and the next look comes at its usual time:
            # docs/decisions/0013-a-threads-door.md.
            self._failure = Failure(type(error).__qualname__, timezone.now())
            self._trouble.met(error)
            return False
        return True


def stop_all(watchers: Iterable[Watcher], seconds: float = STOP_SECONDS) -> None:
    """Ask all of them first, then wait so long in all, however many hang."""
    watchers = list(watchers)
    for watcher in watchers:
        watcher.ask_to_stop()
    end = monotonic() + seconds
    for watcher in watchers:
        watcher.wait(max(0.0, end - monotonic()))


def problems() -> list[str]:
    """Of all threads of this process that look, each with its name."""
    return [
        f"{watcher.name} {problem}" for watcher in tuple(_started) if (problem := watcher.problem)
    ]


def log_end(thread: threading.ExceptHookArgs) -> None:
    """As `threading.excepthook`: what ends a thread is told by the log, which leaves out what an
    exception may quote, and not by Python, which leaves out nothing."""
    name = thread.thread.name if thread.thread is not None else "?"
    error = thread.exc_value
    if error is not None and not isinstance(error, SystemExit):
        logger.critical("The thread “%s” has ended.", name, exc_info=error)


# Threads stay with the process that started them.
os.register_at_fork(after_in_child=_started.clear)
