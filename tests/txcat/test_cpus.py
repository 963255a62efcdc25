"""A container's quota counts, not the host's cores."""

import os
from pathlib import Path

import pytest

from txcat import cpus


@pytest.mark.parametrize(
    ("content", "expected"),
    [("max 100000", 64), ("200000 100000", 2), ("150000 100000", 1), ("50000 100000", 1)],
)
def test_the_cgroup_quota_bounds_the_cores(
    content: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text(content)
    monkeypatch.setattr(cpus, "CGROUP_V2", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)))
    assert cpus.available_cpus() == expected


def test_without_a_cgroup_the_allowed_cores_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CGROUP_V2", "CGROUP_V1_QUOTA", "CGROUP_V1_PERIOD"):
        monkeypatch.setattr(cpus, name, tmp_path / "none")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3})
    assert cpus.available_cpus() == 2
