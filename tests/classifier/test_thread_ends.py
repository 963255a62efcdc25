"""Threads that look again and again are ended together, and none is waited for by itself."""

import threading

import pytest

from classifier import watching
from classifier.watching import Watcher, stop_all
from tests.processes import wait_until

PATIENCE = 60


def test_a_farewell_is_the_last_that_a_thread_does() -> None:
    done: list[str] = []
    watcher = Watcher("heart", lambda: done.append("beat"), 0.01, lambda: done.append("farewell"))
    watcher.start()
    wait_until(lambda: len(done) > 1, PATIENCE, "it has looked twice")
    stop_all([watcher], PATIENCE)
    assert done[-1] == "farewell"
    assert done.count("farewell") == 1


def test_all_are_asked_to_stop_before_the_first_is_waited_for() -> None:
    is_asked = threading.Event()
    hanging = threading.Event()

    def hang() -> None:
        hanging.set()
        is_asked.wait(PATIENCE)

    first = Watcher("first", hang, 0.01)
    second = Watcher("second", lambda: None, PATIENCE, farewell=is_asked.set)
    first.start()
    second.start()
    assert hanging.wait(PATIENCE)
    stop_all([first, second], PATIENCE)
    assert not first.is_alive


def test_however_many_hang_they_are_waited_for_as_long_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = 0.0
    monkeypatch.setattr(watching, "monotonic", lambda: passed)

    class Hanging(Watcher):
        def wait(self, seconds: float) -> None:
            nonlocal passed
            passed += seconds

    stop_all([Hanging(f"hanging {number}", lambda: None) for number in range(5)], 5.0)
    assert passed == 5.0
