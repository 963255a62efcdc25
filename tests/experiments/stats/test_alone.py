"""What a web process needs runs without Django and without scipy."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import importlib, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "scipy"}:
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Blocked())
importlib.import_module(f"experiments.stats.{sys.argv[1]}")
"""
LIGHT = ("assignment", "types", "power", "guardrails", "verdict", "wording", "group_sequential")


@pytest.mark.parametrize("module", LIGHT)
def test_it_is_imported_without_django_and_scipy(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr


def test_assignment_imports_no_numpy_either() -> None:
    program = "import sys, experiments.stats.assignment; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
