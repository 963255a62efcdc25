"""Web and worker run together and end together."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A server with a process of its own under it, which says when it runs.
SERVER = "import subprocess; subprocess.run(['sh', '-c', 'echo ready; exec sleep 600'])"
ENDS = "import sys; sys.exit(7)"
PROGRAM = """
import sys
from txcat.serve import main
sys.exit(main([[sys.executable, "-c", code] for code in sys.argv[1:]]))
"""
SECONDS = 60


@contextmanager
def serve(*programs: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *programs], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_both_with_all_that_they_started(number: signal.Signals) -> None:
    with serve(SERVER, SERVER) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "ready\n"]
        process.send_signal(number)
        # The output ends when the last process that holds it does.
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0


def test_where_one_ends_the_other_is_stopped_and_its_exit_code_is_told() -> None:
    with serve(SERVER, ENDS) as process:
        process.communicate(timeout=SECONDS)
        assert process.returncode == 7
