"""The Makefile looks for state where the settings put it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("variables", "collected"),
    [
        ({}, "var/static"),
        ({"TXCAT_DATA_DIR": "/data"}, "/data/static"),
        ({"TXCAT_DATA_DIR": "/data", "TXCAT_STATIC_DIR": "/static"}, "/static"),
    ],
)
def test_static_files_are_collected_where_the_settings_look_for_them(
    variables: dict[str, str], collected: str
) -> None:
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "prepare"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"touch {collected}/staticfiles.json" in done.stdout
