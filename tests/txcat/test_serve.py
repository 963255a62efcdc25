"""`make serve` ends whole: no process outlives it, whatever ends it.

Every process under it holds the pipe that the test reads: the pipe's end is the end of them all.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each tells its id once it is ready, in one write: they share the pipe.
WAITING = r"import os, signal; os.write(1, b'%d\n' % os.getpid()); signal.pause()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}"
WITH_DEAF_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {DEAF!r}]);"
# Only a test that fails waits for as long.
HANGING_SECONDS = 60


@contextmanager
def serving(
    *programs: str, ready: int, stop_seconds: float = HANGING_SECONDS, prefix: tuple[str, ...] = ()
) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """`serve` over Python programs, and the ids of the `ready` processes under it."""
    commands = [[sys.executable, "-c", program] for program in programs]
    start = f"from txcat.serve import serve; raise SystemExit(serve({commands}, {stop_seconds}))"
    server = subprocess.Popen(
        [*prefix, sys.executable, "-c", start], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    children = [int(server.stdout.readline()) for _ in range(ready)]
    try:
        yield server, children
    finally:
        # Open where the test has failed before the end of them all.
        if not server.stdout.closed:
            for process in (server.pid, *children):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            server.communicate()


def exit_code_when_all_have_ended(server: subprocess.Popen[str]) -> int:
    server.communicate(timeout=HANGING_SECONDS)
    return server.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_both_children(number: signal.Signals) -> None:
    with serving(WAITING, WAITING, ready=2) as (server, _):
        server.send_signal(number)
        assert exit_code_when_all_have_ended(server) == 0


def test_where_one_child_is_killed_the_other_is_stopped() -> None:
    with serving(WAITING, WAITING, ready=2) as (server, children):
        os.kill(children[0], signal.SIGKILL)
        assert exit_code_when_all_have_ended(server) != 0


@pytest.mark.parametrize(("code", "said"), [(7, 7), (0, 1)])
def test_the_exit_code_says_that_a_child_ended_by_itself(code: int, said: int) -> None:
    with serving(WAITING, f"raise SystemExit({code})", ready=0) as (server, _):
        assert exit_code_when_all_have_ended(server) == said


def test_a_child_that_will_not_stop_is_killed_with_what_it_started() -> None:
    with serving(WITH_DEAF_CHILD + DEAF, WAITING, ready=3, stop_seconds=0) as (server, _):
        server.terminate()
        assert exit_code_when_all_have_ended(server) == 0


def test_what_outlives_a_child_that_stopped_is_killed() -> None:
    with serving(WITH_DEAF_CHILD + WAITING, WAITING, ready=3) as (server, _):
        server.terminate()
        assert exit_code_when_all_have_ended(server) == 0


def test_under_nohup_a_hang_up_stays_ignored() -> None:
    with serving(WAITING, WAITING, ready=2, prefix=("nohup",)) as (server, _):
        status = Path(f"/proc/{server.pid}/status").read_text()
        ignored = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
        assert int(ignored.split()[1], 16) & 1 << (signal.SIGHUP - 1)
        server.terminate()
        assert exit_code_when_all_have_ended(server) == 0
