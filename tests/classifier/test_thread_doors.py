"""A thread that looks again and again is ended by nothing that its look may do, and what it does is
seen."""

import io
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from queue import SimpleQueue

import pytest
from django.utils import timezone

from classifier import watching
from classifier.watching import TOLD_FOR, Watcher, log_end, stop_all
from tests.processes import wait_until
from txcat.logs import ContextFilter, LineFormatter

# In the text of each exception.
MARK = "QUAGGA"
PATIENCE = 60


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the log of a process would hold."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter())
    handler.addFilter(ContextFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield stream
    root.removeHandler(handler)


class Faulty:
    """Fails at its first look, with an error that nobody foresaw."""

    def __init__(self) -> None:
        self.looks: SimpleQueue[bool] = SimpleQueue()
        self.is_first = True

    def __call__(self) -> None:
        self.looks.put(True)
        if self.is_first:
            self.is_first = False
            raise LookupError(f"no such merchant: {MARK}")


def stopped(watcher: Watcher) -> Watcher:
    stop_all([watcher], PATIENCE)
    return watcher


def test_a_look_that_fails_is_followed_by_the_next() -> None:
    look = Faulty()
    watcher = Watcher("heartbeat", look, 0.01)
    watcher.start()
    look.looks.get(timeout=PATIENCE)
    look.looks.get(timeout=PATIENCE)
    assert watcher.is_alive
    stopped(watcher)


def test_what_went_wrong_is_told_with_its_type_and_time_and_not_its_text(
    written: io.StringIO,
) -> None:
    watcher = Watcher("notifier", Faulty())
    watcher.look()
    assert watcher.problem.startswith(f"failed at {timezone.now():%Y-%m-%d} ")
    assert watcher.problem.endswith(" UTC: LookupError")
    said = written.getvalue()
    assert "The thread “notifier” failed at its look." in said
    assert "LookupError" in said
    assert "test_thread_doors.py" in said
    assert MARK not in said


def test_a_failure_is_told_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = Watcher("notifier", Faulty())
    watcher.look()
    watcher.look()
    assert watcher.problem
    later = timezone.now() + TOLD_FOR + timedelta(seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert watcher.problem == ""


class EndError(BaseException):
    """What is no Exception ends its thread."""


def test_a_thread_that_has_ended_is_named_and_its_end_logged_without_its_text(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", log_end)

    def end() -> None:
        raise EndError(MARK)

    watcher = Watcher("monitor", end, 0.01)
    watcher.start()
    try:
        wait_until(lambda: not watcher.is_alive, PATIENCE, "the thread has ended")
        assert watching.problems() == ["monitor has ended"]
    finally:
        stopped(watcher)
    said = written.getvalue()
    assert "The thread “monitor” has ended." in said
    assert "EndError" in said
    assert MARK not in said


def test_a_thread_that_was_stopped_is_no_problem() -> None:
    watcher = Watcher("monitor", lambda: None, 0.01)
    watcher.start()
    stopped(watcher)
    assert watching.problems() == []
