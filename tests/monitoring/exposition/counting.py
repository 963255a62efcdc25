"""Processes that count into a folder, and what is read of it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitoring.exposition import files
from tests.processes import ROOT

# Counts 3, observes 0.5, holds 5, and lives until its input ends.
COUNTING = """
import os, sys
from pathlib import Path
from monitoring.exposition import files
files.enter(Path(sys.argv[1]))
from prometheus_client import Counter, Gauge, Histogram
Counter("spoons_total", "Spoons.", ["kind"]).labels("tea").inc(3)
Histogram("stir_seconds", "Stirring.", buckets=(0.1, 1.0)).observe(0.5)
Gauge("cups", "Cups.", multiprocess_mode="livesum").set(5)
os.write(1, b"ready")
sys.stdin.read()
"""
SPOONS, STIRS, CUPS = "spoons_total", "stir_seconds_count", "cups"


@contextmanager
def counting(folder: Path, count: int = 1) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """So many processes that have counted and live."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COUNTING, str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout
            assert process.stdout.read(5) == b"ready"
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.communicate()


def read(folder: Path) -> dict[str, float]:
    """Values by the sample's name, added up over labels."""
    found: dict[str, float] = {}
    for family in files.read([folder]):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found
