"""What the worker's first process does before it starts Django and others."""

import socket
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from monitoring.exposition import files

# Held for as long as this process lives, and by those that it forks: its end is their end.
_server: "subprocess.Popen[bytes] | None" = None


def count_together() -> None:
    """Let the worker's processes count in files that add up, and serve them on a port of their
    own where one is set. Raises SystemExit where the port cannot be had."""
    global _server
    folder = settings.METRICS_DIR / "worker"
    if settings.WORKER_METRICS_PORT:
        _server = _serve(folder)
    files.clear(folder)
    files.enter(folder)


def _serve(folder: Path) -> "subprocess.Popen[bytes]":
    """A process of its own: it outlives the workers, which are recycled, and no thread may run in
    this one, which forks them."""
    host, port = settings.WORKER_METRICS_HOST, settings.WORKER_METRICS_PORT
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise SystemExit(
            f"The worker's metrics cannot be served at {host}, port {port} "
            f"(TXCAT_WORKER_METRICS_PORT): {error.strerror}."
        ) from error
    with listening:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "monitoring.exposition.server",
                str(listening.fileno()),
                str(folder),
                *map(str, settings.METRICS_NETWORKS),
            ],
            cwd=settings.BASE_DIR,
            pass_fds=[listening.fileno()],
            stdin=subprocess.PIPE,
        )
