"""The worker's first process, before there are others."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT


def test_a_port_that_is_taken_stops_the_worker_with_words_and_no_count_is_lost(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "local" / "metrics" / "worker" / "counter_1-1.db"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "manage.py", "qcluster"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "TXCAT_DATA_DIR": str(tmp_path),
                "TXCAT_WORKER_METRICS_PORT": port,
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {port} (TXCAT_WORKER_METRICS_PORT): Address already in use" in done.stderr
    assert kept.exists()
