"""What the benchmarks print: the machine, tables, percentiles."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from classifier.engine.machine import this_machine


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns padded to their widest cell; the first is aligned left, the others right."""
    cells = [list(map(str, headers)), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        first, *rest = (
            text.ljust(width) if index == 0 else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join([first, *rest]).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed. NaN where there are none."""
    return float(np.quantile(values, share, method="higher")) if values else float("nan")


def machine(*packages: str) -> str:
    """The processor, what of it matters for matrices, the cores allowed, and versions."""
    here = this_machine()
    versions = [f"{package} {version(package)}" for package in packages]
    return "\n".join(
        (
            f"CPU       {here.cpu}, {here.cpus} cores allowed of {os.cpu_count()}, "
            f"load {os.getloadavg()[0]:.1f} before the run",
            f"features  {' '.join(here.features) or 'none of note'}",
            f"versions  Python {platform.python_version()}, {', '.join(versions)}",
        )
    )


def _cell(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return "n/a" if np.isnan(value) else f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
