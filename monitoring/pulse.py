"""What every web and worker process does beside its work: say that it lives, and take its turns at
watching over all.

Started after the fork, in threads of its own. Web processes take part, so that somebody is
told when every worker is silent.
"""

import logging
from collections.abc import Callable

import psutil
from django import db
from redis import RedisError

from classifier.watching import Watcher, stop_all
from monitoring import prober
from monitoring.exceptions import TurnLostError
from monitoring.models import Process
from monitoring.services import alerting, notifications, snapshots
from monitoring.services.heartbeats import Heart

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
# How often a process looks whether a turn is due.
LOOK_SECONDS = 5.0
Role = Process.Role


class Pulse:
    """Of this process, from `start` to `stop`."""

    def __init__(self, role: Role) -> None:
        self._heart = Heart(role)
        self._watchers = (
            # It says farewell in its own thread: a database that hangs must not hold up the end.
            Watcher(
                "heartbeat",
                _unless_away(self._heart.beat),
                HEARTBEAT_SECONDS,
                _unless_away(self._heart.stop),
            ),
            Watcher("monitor", _unless_away(_watch_over), LOOK_SECONDS),
            # Of its own: a webhook that hangs must not hold up what finds the next alert.
            Watcher("notifier", _unless_away(notifications.deliver), LOOK_SECONDS),
        )

        # What `/readyz` says.
        self._probes = prober.probes() if role is Role.WEB else ()

    def start(self) -> None:
        _unless_away(self._heart.beat)()
        for probe in self._probes:
            probe.ask()
            probe.start()
        for watcher in self._watchers:
            watcher.start()

    def stop(self) -> None:
        stop_all([*(probe.watcher for probe in self._probes), *self._watchers])


_pulse: Pulse | None = None


def start(role: Role) -> None:
    """Of this process."""
    global _pulse
    _pulse = Pulse(role)
    _pulse.start()


def stop() -> None:
    if _pulse is not None:
        _pulse.stop()


def _watch_over() -> None:
    snapshots.take_due()
    alerting.evaluate_due()


def _unless_away(look: Callable[[], None]) -> Callable[[], None]:
    """A database, a broker or a disk that is away ends no thread: the next look may find it there
    again. Nor does a turn that was lost."""

    def look_or_log() -> None:
        try:
            look()
        except TurnLostError as error:
            logger.warning("%s", error)
        except (db.Error, RedisError, OSError, psutil.Error):
            logger.exception("Monitoring could not look.")

    return look_or_log
