"""Run the web server and the worker together until one ends or a signal comes.

Each runs in a session of its own and only its first process is signalled: django-q's cluster
hangs when its children get the signal too, as they do from a terminal or a process manager
that signals whole groups.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

COMMANDS = (
    (sys.executable, "-m", "gunicorn", "-c", "txcat/gunicorn.conf.py", "txcat.wsgi"),
    (sys.executable, "manage.py", "qcluster"),
)
# The last comes where the terminal is closed.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.2
STOP_SECONDS = 30


class StopSignalError(Exception):
    """A signal asked for the end."""


def stop(number: int, frame: FrameType | None) -> None:
    raise StopSignalError


def main(commands: Sequence[Sequence[str]] = COMMANDS) -> int:
    """0 where a signal ended it; else the exit code of the process that ended by itself."""
    for number in STOP_SIGNALS:
        signal.signal(number, stop)
    processes = [subprocess.Popen(command, start_new_session=True) for command in commands]
    try:
        while all(process.poll() is None for process in processes):
            signal.sigtimedwait((), POLL_SECONDS)
    except StopSignalError:
        pass
    ended = [process.returncode for process in processes if process.poll() is not None]
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    for process in processes:
        process.terminate()
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        # Whatever is left of its session.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return (ended[0] or 1) if ended else 0


if __name__ == "__main__":
    sys.exit(main())
