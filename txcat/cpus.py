"""How many CPUs this process may use."""

import os
from pathlib import Path

CGROUP_V2 = Path("/sys/fs/cgroup/cpu.max")
CGROUP_V1_QUOTA = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
CGROUP_V1_PERIOD = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def available_cpus() -> int:
    """The container's CPU quota where there is one, else the CPUs this process may run on.

    `os.cpu_count()` tells the host's cores inside a container; sizing a pool by it makes
    the processes fight for the quota.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _cgroup_quota()
    cpus = allowed or 1
    return max(1, min(cpus, int(quota))) if quota else cpus


def _cgroup_quota() -> float | None:
    if CGROUP_V2.exists():
        quota, period = CGROUP_V2.read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    if CGROUP_V1_QUOTA.exists() and CGROUP_V1_PERIOD.exists():
        quota_us = int(CGROUP_V1_QUOTA.read_text())
        return None if quota_us <= 0 else quota_us / int(CGROUP_V1_PERIOD.read_text())
    return None
