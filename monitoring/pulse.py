"""What every web and worker process does beside its work: say that it lives, and take its turns at
watching over all.

Started after the fork, in threads of its own. Web processes take part, so that somebody is
told when every worker is silent. Experiments are watched by workers, which hold what judges them,
and beside their tasks: a file of a million rows must keep no guard rail waiting.
"""

import logging
import threading
from datetime import timedelta

from classifier.watching import Watcher, log_end, stop_all
from experiments.services.supervision import supervise
from monitoring import prober
from monitoring.exceptions import TurnLostError
from monitoring.models import Process
from monitoring.services import alerting, notifications, snapshots, turns
from monitoring.services.heartbeats import Heart

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
# How often a process looks whether a turn is due.
LOOK_SECONDS = 5.0
SUPERVISION = "experiments"
SUPERVISION_EVERY = timedelta(minutes=1)
Role = Process.Role


class Pulse:
    """Of this process, from `start` to `stop`."""

    def __init__(self, role: Role) -> None:
        heart = Heart(role)
        # It says farewell in its own thread: a database that hangs must not hold up the end.
        self._heartbeat = Watcher("heartbeat", heart.beat, HEARTBEAT_SECONDS, heart.stop)
        self._watchers = [
            self._heartbeat,
            Watcher("monitor", _watch_over, LOOK_SECONDS),
            # Of its own: a webhook that hangs must not hold up what finds the next alert.
            Watcher("notifier", notifications.deliver, LOOK_SECONDS),
        ]
        if role is Role.WORKER:
            self._watchers.append(Watcher("experiments", _watch_experiments, LOOK_SECONDS))
        # What `/readyz` says.
        self._probes = prober.probes() if role is Role.WEB else ()

    def start(self) -> None:
        self._heartbeat.look()
        for probe in self._probes:
            probe.watcher.look()
            probe.start()
        for watcher in self._watchers:
            watcher.start()

    def stop(self) -> None:
        stop_all([*(probe.watcher for probe in self._probes), *self._watchers])


_pulse: Pulse | None = None


def start(role: Role) -> None:
    """Of this process."""
    global _pulse
    threading.excepthook = log_end
    _pulse = Pulse(role)
    _pulse.start()


def stop() -> None:
    if _pulse is not None:
        _pulse.stop()


def _watch_over() -> None:
    snapshots.take_due()
    alerting.evaluate_due()


def _watch_experiments() -> None:
    held = turns.take(SUPERVISION, SUPERVISION_EVERY)
    if held is not None:
        try:
            with held.at_work():
                supervise()
                held.finish()
        except TurnLostError as error:
            # All that it does, it does once, however many look.
            logger.warning("The experiments were watched by others, too: %s", error)
