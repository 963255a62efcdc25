"""gunicorn's settings. Each worker process makes its own engine after the fork."""

import os
import sys
from typing import Any

# One BLAS thread a process: the processes share the cores.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "txcat.settings")

from django.conf import settings  # noqa: E402

from monitoring.exposition import files  # noqa: E402

bind = f"{settings.WEB_HOST}:{settings.PORT}"
workers = settings.WEB_PROCESSES
worker_class = "gthread"
threads = settings.WEB_THREADS
timeout = 60
graceful_timeout = 20
keepalive = 15
# A worker is replaced now and then, and never all at once.
max_requests = 200_000
max_requests_jitter = 20_000
accesslog = None
logconfig_dict = settings.LOGGING
control_socket_disable = True
# By default a SCRIPT_NAME header from this machine, which a proxy on it may pass on from anyone,
# moves every address. A prefix is named in the environment.
forwarder_headers = ""

# Seconds. A thread that holds SQLite's one write lock gives up the interpreter at each statement
# and would wait Python's default 5 ms for it while the other processes wait for the lock.
# Measured in turns, 2 processes x 2 threads: 316 cached answers a second instead of 279.
SWITCH_SECONDS = 0.001


METRICS_DIR = settings.METRICS_DIR / "web"


def on_starting(server: Any) -> None:
    """Let the processes that are about to be started count in files that add up."""
    files.clear(METRICS_DIR)
    files.enter(METRICS_DIR)


def child_exit(server: Any, worker: Any) -> None:
    """Keep what a process counted that has ended."""
    try:
        files.add_up_dead(METRICS_DIR)
    except OSError as error:
        # The next scrape adds it up.
        server.log.warning("The counts of process %s are not added up: %s", worker.pid, error)


def post_worker_init(worker: Any) -> None:
    """Warm before the first request is taken."""
    from classifier import routing, runtime
    from monitoring import pulse

    sys.setswitchinterval(SWITCH_SECONDS)
    runtime.get().start()
    routing.get_router().start()
    pulse.start(pulse.Role.WEB)


def worker_exit(server: Any, worker: Any) -> None:
    from classifier import routing, runtime
    from monitoring import pulse

    pulse.stop()
    routing.get_router().stop()
    runtime.get().stop()
