"""Work in a process of its own, spoken to in lines of JSON.

Not multiprocessing: a worker's processes are daemons, which may have no children of that kind.
"""

import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from classifier.exceptions import EncoderError

ROOT = Path(__file__).resolve().parents[2]
CONTENDER = "classifier.export.contender"
TICK_SECONDS = 0.5
PATIENCE_SECONDS = 300.0
LAST_WORDS = 300


def no_tick() -> None:
    """Nothing to do while waiting."""


class Child:
    """A Python module that reads requests from standard input and answers each with a line.

    Use as a context manager: the process ends with it, whatever it is doing.
    """

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self.name = f"{module} {' '.join(arguments)}"
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._selector.close()
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()

    def ask(
        self, request: Mapping[str, Any], tick: Callable[[], None] = no_tick
    ) -> Mapping[str, Any]:
        """Send a request and wait for its answer."""
        self.send(request)
        return self.receive(tick)

    def send(self, request: Mapping[str, Any]) -> None:
        """Raises EncoderError where the process has ended."""
        try:
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()
        except BrokenPipeError as error:
            raise EncoderError(self._obituary()) from error

    def receive(self, tick: Callable[[], None] = no_tick) -> Mapping[str, Any]:
        """The next answer; `tick` is called while there is none and may raise.

        Raises EncoderError where the process says so, ends, or says nothing for
        PATIENCE_SECONDS.
        """
        given_up = monotonic() + PATIENCE_SECONDS
        while not self._selector.select(TICK_SECONDS):
            tick()
            if monotonic() > given_up:
                raise EncoderError(f"{self.name} has not answered for {PATIENCE_SECONDS:.0f} s.")
        line = self._stdout.readline()
        if not line:
            raise EncoderError(self._obituary())
        answer: Mapping[str, Any] = json.loads(line)
        if "error" in answer:
            raise EncoderError(str(answer["error"]))
        return answer

    @property
    def _stdin(self) -> Any:
        return self._process.stdin

    @property
    def _stdout(self) -> Any:
        return self._process.stdout

    def _obituary(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        words = self._errors.read().decode(errors="replace").strip()[-LAST_WORDS:]
        return f"{self.name} ended with code {code}: {words or 'no word'}"
