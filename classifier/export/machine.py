"""What a figure was measured on."""

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

CPUINFO = Path("/proc/cpuinfo")
# What matters for products of matrices.
FEATURES = (
    "avx2",
    "fma",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "amx_int8",
    "asimddp",
)
# With these a sum of INT8 products never overflows on the way.
VNNI = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})
LIBRARIES = ("onnxruntime", "tokenizers", "numpy", "torch", "sentence-transformers")


@dataclass(frozen=True, slots=True)
class Machine:
    """`cpus` are those that this process may use. `fingerprint` is of the hardware alone: a
    figure with another one is from another machine."""

    cpu: str
    features: tuple[str, ...]
    cpus: int
    python: str
    versions: tuple[tuple[str, str], ...]

    @classmethod
    def here(cls) -> "Machine":
        facts = _cpu_facts()
        flags = set((facts.get("flags") or facts.get("Features") or "").split())
        return cls(
            cpu=facts.get("model name") or platform.processor() or platform.machine(),
            features=tuple(name for name in FEATURES if name in flags),
            cpus=len(os.sched_getaffinity(0)),
            python=platform.python_version(),
            versions=tuple((name, version(name)) for name in LIBRARIES),
        )

    @property
    def fingerprint(self) -> str:
        content = json.dumps([self.cpu, self.features, self.cpus])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def has_vnni(self) -> bool:
        return not VNNI.isdisjoint(self.features)

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "versions": dict(self.versions),
            "fingerprint": self.fingerprint,
        }


def _cpu_facts() -> dict[str, str]:
    """Of the first processor that the system lists; none where it lists none."""
    if not CPUINFO.is_file():
        return {}
    lines = [line.split(":", 1) for line in CPUINFO.read_text().splitlines() if ":" in line]
    facts: dict[str, str] = {}
    for key, value in lines:
        facts.setdefault(key.strip(), value.strip())
    return facts
