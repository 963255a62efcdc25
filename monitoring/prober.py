"""What this process last found when it asked the database and the broker.

They may hang, and `/readyz` must not: where the pulse runs, threads of their own ask again and
again, and an answer that does not come is an answer, too.
"""

from collections.abc import Callable
from threading import Lock, Thread
from time import monotonic

from django import db

from classifier import runtime
from classifier.runtime import Health
from classifier.watching import Watcher
from monitoring.services.readiness import (
    Part,
    Readiness,
    broker_part,
    database_parts,
    disk_part,
    engine_part,
    threads_part,
)

LOOK_SECONDS = 2.0
# What has not answered for so long hangs.
PATIENCE_SECONDS = 4.0


class Probe:
    """Asks one thing, by itself from `start` to `stop`, else whenever `parts` is called.

    `look` gives the parts that it can tell of; `name` is that of the one which may hang, and
    `silent` what it is then.
    """

    def __init__(
        self,
        name: str,
        look: Callable[[], tuple[Part, ...]],
        silent: Health = Health.FAILED,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._name = name
        self._look = look
        self._silent = silent
        self._clock = clock
        self._watcher = Watcher(f"{name}-probe", self.ask, LOOK_SECONDS)
        self._parts: tuple[Part, ...] = ()
        self._asked_at: float | None = None

    @property
    def watcher(self) -> Watcher:
        return self._watcher

    def start(self) -> None:
        self._watcher.start()

    def stop(self) -> None:
        self._watcher.stop()

    def ask(self) -> None:
        self._asked_at = self._clock()
        try:
            self._parts = self._look()
        except db.Error as error:
            reason = f"went away while it was asked: {type(error).__name__}"
            self._parts = (Part(self._name, self._silent, reason),)
        finally:
            self._asked_at = None

    @property
    def is_hanging(self) -> bool:
        """Whether what is being asked now has been silent for longer than one waits."""
        asked_at = self._asked_at
        return asked_at is not None and self._clock() - asked_at > PATIENCE_SECONDS

    @property
    def is_away(self) -> bool:
        """Whether to ask now would be to wait: it hangs, or did so when it last asked by itself."""
        found = any(part.name == self._name and part.status is self._silent for part in self._parts)
        return self.is_hanging or (found and self._watcher.is_alive)

    def parts(self) -> tuple[Part, ...]:
        """What is so now. Nothing is waited for while the probe asks by itself."""
        if not self._watcher.is_alive:
            self.ask()
        return self.found(PATIENCE_SECONDS)

    def found(self, patience_seconds: float) -> tuple[Part, ...]:
        """What was found last, unless what is being asked now has been silent for longer."""
        asked_at = self._asked_at
        waited = self._clock() - asked_at if asked_at is not None else 0.0
        if waited > patience_seconds or not self._parts:
            return (Part(self._name, self._silent, f"has not answered for {waited:.0f} s"),)
        return self._parts


_probes: tuple[Probe, ...] | None = None
_making = Lock()


def probes() -> tuple[Probe, ...]:
    """This process's, made on first use."""
    global _probes
    with _making:
        if _probes is None:
            _probes = (
                Probe("database", database_parts),
                Probe("broker", lambda: (broker_part(),), silent=Health.DEGRADED),
            )
        return _probes


def check_readiness() -> Readiness:
    """Whether this process can answer. Where its pulse runs, nothing is waited for."""
    asked = tuple(part for probe in probes() for part in probe.parts())
    status = runtime.get().status()
    parts = (*asked, threads_part(), disk_part(), engine_part(status))
    return Readiness(parts, status.pid, status.serving)


def ask_within(seconds: float) -> tuple[Part, ...]:
    """Ask the database and the broker now, both at once, and say what is known when the time is
    over."""
    asked = probes()
    threads = [Thread(target=probe.watcher.look, daemon=True) for probe in asked]
    ends_at = monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, ends_at - monotonic()))
    return tuple(part for probe in asked for part in probe.found(patience_seconds=0))
