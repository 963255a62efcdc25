"""The server as `make serve` starts it, on a data directory and a port of its own."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """Of one process, in megabytes. `rss` counts shared pages in full, `pss` their share of
    them, `uss` none of them."""

    rss: float
    pss: float
    uss: float


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def processes(self) -> list[int]:
        """The processes that answer."""
        return [
            int(pid)
            for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        ]

    def cpu_seconds(self) -> float:
        """Spent by the processes that answer, since they started."""
        return sum(_cpu_seconds(pid) for pid in self.processes())

    def memory(self) -> list[Memory]:
        return [_memory(pid) for pid in self.processes()]

    def has_torch(self) -> bool:
        """Whether a process has mapped torch's libraries."""
        return any("libtorch" in Path(f"/proc/{pid}/maps").read_text() for pid in self.processes())


@contextmanager
def data_directory(existing: Path | None) -> Iterator[Path]:
    """The one given, else a temporary one; migrated and bootstrapped as `make serve` does."""
    with tempfile.TemporaryDirectory(prefix="txcat-bench-") as scratch:
        folder = (existing or Path(scratch)).resolve()
        os.environ["TXCAT_DATA_DIR"] = str(folder)
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
        for command in (
            ["migrate", "--verbosity", "0"],
            ["bootstrap"],
            ["collectstatic", "--noinput", "--verbosity", "0"],
        ):
            done = subprocess.run(
                [sys.executable, "manage.py", *command], cwd=ROOT, capture_output=True, text=True
            )
            if done.returncode:
                raise SystemExit(f"manage.py {command[0]} failed:\n{done.stderr}")
        yield folder


@contextmanager
def running_server(log: Path) -> Iterator[Server]:
    """gunicorn, ready; stopped at the end."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-c", "txcat/gunicorn.conf.py", "txcat.wsgi"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(port, process, log)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@dataclass
class Worker:
    """The queue's processes. By process, as `look` saw them: the highest resident memory in MB,
    and CPU seconds spent."""

    pid: int
    peaks: dict[int, float] = field(default_factory=dict)
    cpu_seconds: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        for pid in _descendants(self.pid):
            with suppress(FileNotFoundError, ProcessLookupError):
                status = Path(f"/proc/{pid}/status").read_text()
                self.peaks[pid] = int(status.split("VmHWM:")[1].split()[0]) / 1024
                self.cpu_seconds[pid] = _cpu_seconds(pid)

    def has_torch(self) -> bool:
        maps = [Path(f"/proc/{pid}/maps").read_text() for pid in _descendants(self.pid)]
        return any("libtorch" in text for text in maps)


@contextmanager
def running_worker(log: Path, workers: int) -> Iterator[Worker]:
    """The queue's cluster with so many workers; stopped at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=ROOT,
            env={**os.environ, "TXCAT_WORKERS": str(workers)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Worker(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _descendants(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(each) for task in tasks for each in (task / "children").read_text().split()]
    except FileNotFoundError:
        return []
    return children + [each for child in children for each in _descendants(child)]


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass  # not listening yet
        finally:
            connection.close()
        time.sleep(0.2)
    tail = "\n".join(log.read_text().splitlines()[-20:])
    raise SystemExit(f"The server did not become ready; its log ends:\n{tail}")


def _memory(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    uss = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return Memory(kilobytes["Rss"] / 1024, kilobytes["Pss"] / 1024, uss / 1024)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
