"""What the worker's first process does before it starts Django and others."""

import socket
import subprocess
import sys

from django.conf import settings

from monitoring.exposition import files

# Held for as long as this process lives, and by those that it forks: its end is their end.
_server: "subprocess.Popen[bytes] | None" = None


def count_together() -> None:
    """Let the worker's processes count in files that add up, and serve them on a port of their
    own where one is set. Raises OSError where the port is taken."""
    global _server
    folder = settings.METRICS_DIR / "worker"
    files.clear(folder)
    files.enter(folder)
    if not settings.WORKER_METRICS_PORT:
        return
    host = settings.WORKER_METRICS_HOST
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # A process of its own: it outlives the workers, which are recycled, and no thread may run in
    # this one, which forks them.
    with socket.create_server((host, settings.WORKER_METRICS_PORT), family=family) as listening:
        _server = subprocess.Popen(
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
