"""What machine this is, as far as the speed of an encoder depends on it."""

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")
# Instructions that matter for matrices: x86 first, then ARM.
FEATURES = (
    "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8",
    "asimd", "asimddp", "i8mm", "bf16", "sve",
)  # fmt: skip
VNNI = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})


@dataclass(frozen=True, slots=True)
class Machine:
    """Machines that are equal give comparable timings.

    `cpus` are those that this process may run on; a container's quota does not count, as it
    does not change what one call takes.
    """

    cpu: str
    features: tuple[str, ...]
    cpus: int
    onnxruntime: str
    numpy: str

    @property
    def digest(self) -> str:
        """SHA-256 in hex of all fields."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()

    @property
    def has_vnni(self) -> bool:
        """Whether a sum of INT8 products never overflows on the way."""
        return not VNNI.isdisjoint(self.features)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "features": list(self.features)}


@cache
def this_machine() -> Machine:
    facts = _cpu_facts()
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Machine(
        cpu=facts.get("model name") or platform.processor() or platform.machine(),
        features=tuple(name for name in FEATURES if name in flags),
        cpus=allowed or 1,
        onnxruntime=version("onnxruntime"),
        numpy=version("numpy"),
    )


def _cpu_facts() -> dict[str, str]:
    """Of the last processor that the system lists; empty where it lists none."""
    try:
        lines = CPUINFO.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}
