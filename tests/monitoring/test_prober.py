"""What may hang is asked in a thread of its own, and nobody waits for it."""

from collections.abc import Iterator
from threading import Event, Thread

import pytest
from django.db import OperationalError

from classifier.runtime import Health
from monitoring.prober import PATIENCE_SECONDS, Probe
from monitoring.services.readiness import Part
from tests.processes import wait_until

FINE = (Part("database", Health.OK, "answers"),)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Hanging:
    """Answers once `release` is set."""

    def __init__(self) -> None:
        self.asked, self.release = Event(), Event()

    def __call__(self) -> tuple[Part, ...]:
        self.asked.set()
        self.release.wait(30)
        return FINE


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    look = Hanging()
    yield look
    look.release.set()


def test_without_a_pulse_each_use_asks() -> None:
    answers = iter([FINE, (Part("database", Health.FAILED, "does not answer"),)])
    probe = Probe("database", lambda: next(answers))
    assert probe.parts() == FINE
    assert probe.parts()[0].status is Health.FAILED


def test_what_hangs_has_failed_once_patience_is_over(hanging: Hanging) -> None:
    clock = Clock()
    probe = Probe("database", hanging, clock=clock)
    thread = Thread(target=probe.ask, daemon=True)
    thread.start()
    assert hanging.asked.wait(30)
    clock.now = PATIENCE_SECONDS + 3
    (part,) = probe.found(PATIENCE_SECONDS)
    assert part == Part("database", Health.FAILED, "has not answered for 7 s")
    hanging.release.set()
    thread.join(30)
    assert probe.found(PATIENCE_SECONDS) == FINE


def test_what_is_known_stands_while_it_is_asked_again(hanging: Hanging) -> None:
    clock = Clock()
    probe = Probe("database", hanging, clock=clock)
    hanging.release.set()
    probe.ask()
    hanging.release.clear()
    hanging.asked.clear()
    Thread(target=probe.ask, daemon=True).start()
    assert hanging.asked.wait(30)
    clock.now = PATIENCE_SECONDS - 1
    assert probe.found(PATIENCE_SECONDS) == FINE


def test_an_error_in_between_is_said_and_ends_nothing() -> None:
    def look() -> tuple[Part, ...]:
        raise OperationalError("server closed the connection")

    probe = Probe("database", look)
    assert probe.parts() == (
        Part("database", Health.FAILED, "went away while it was asked: OperationalError"),
    )


def test_a_probe_asks_by_itself_until_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.prober.LOOK_SECONDS", 0.01)
    asked: list[int] = []

    def look() -> tuple[Part, ...]:
        asked.append(1)
        return FINE

    probe = Probe("broker", look)
    probe.start()
    try:
        wait_until(lambda: len(asked) > 2, 30, "it has asked three times")
    finally:
        probe.stop()
    count = len(asked)
    probe.found(1)
    assert len(asked) == count
