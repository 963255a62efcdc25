"""Prometheus' own judge of metrics, rules and configurations."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.deploy.dockerfile import ROOT


def promtool(*arguments: str, said: str = "", folder: Path = ROOT) -> tuple[int, str]:
    """Its exit code and what it printed, asked with `said` on its input."""
    path = os.environ.get("PROMTOOL") or shutil.which("promtool") or ROOT / ".cache/bin/promtool"
    done = subprocess.run(
        [path, *arguments],
        cwd=folder,
        input=said,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
