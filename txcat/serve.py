"""Run the web server and the worker together until one ends or a signal comes.

Each runs in a session of its own and only its first process is asked to stop: django-q's cluster
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
# A terminal that is closed hangs up.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.2
STOP_SECONDS = 30.0


def serve(commands: Sequence[Sequence[str]], stop_seconds: float = STOP_SECONDS) -> int:
    """Run the commands together; when it returns, none of their processes is left.

    What has not ended `stop_seconds` after it was asked to is killed. Returns 0 where a signal
    ended it; else the exit code of the process that ended by itself, 1 where that was 0.
    """
    is_asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal is_asked
        is_asked = True

    for number in STOP_SIGNALS:
        # Under nohup a hang-up is ignored, and stays so.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
    processes = [subprocess.Popen(command, start_new_session=True) for command in commands]
    while not is_asked and all(process.poll() is None for process in processes):
        signal.sigtimedwait((), POLL_SECONDS)
    ended = [process.returncode for process in processes if process.poll() is not None]
    for process in processes:
        process.terminate()
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(stop_seconds)
        # Where the first process has ended, one that it started may not have.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return (ended[0] or 1) if ended else 0


if __name__ == "__main__":
    sys.exit(serve(COMMANDS))
